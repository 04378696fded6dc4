/** A set of places: a bit for each. */
export class PlaceSet {
  #words: Int32Array;

  /** @param capacity there will be no place from this one on */
  constructor(capacity: number) {
    this.#words = new Int32Array(Math.ceil(capacity / 32));
  }

  /** Makes room for places up to this one. */
  grow(capacity: number): void {
    const words = Math.ceil(capacity / 32);
    if (words <= this.#words.length) return;
    const larger = new Int32Array(words);
    larger.set(this.#words);
    this.#words = larger;
  }

  /** @param place any number */
  has(place: number): boolean {
    return ((this.#words[Math.floor(place / 32)] ?? 0) & (1 << (place & 31))) !== 0;
  }

  add(place: number): void {
    this.#words[place >>> 5] = (this.#words[place >>> 5] ?? 0) | (1 << (place & 31));
  }

  delete(place: number): void {
    this.#words[place >>> 5] = (this.#words[place >>> 5] ?? 0) & ~(1 << (place & 31));
  }

  /** Empties it. It must have no place from `end` on. */
  clear(end: number): void {
    this.#words.fill(0, 0, Math.ceil(end / 32));
  }
}
