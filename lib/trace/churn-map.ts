/**
 * A map for keys that come and go again and again, as IDs and addresses do. V8's `Map` keeps the place of each key that was removed until it
 * is laid out anew, and walks along all of those places where the same key comes back.
 */

/** Keys that were removed, beyond as many as there are, before the map is laid out anew. */
const MOST_REMOVED = 1024;

export class ChurnMap<K, V extends object | number> {
  #values = new Map<K, V | undefined>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  set(key: K, value: V): void {
    if (this.#values.get(key) === undefined) this.#size++;
    this.#values.set(key, value);
  }

  delete(key: K): void {
    if (this.#values.get(key) === undefined) return;
    this.#values.set(key, undefined);
    this.#size--;
    if (this.#values.size > 2 * this.#size + MOST_REMOVED)
      this.#values = new Map([...this.#values].filter(([, value]) => value !== undefined));
  }

  /** Gives the values, in no order. */
  values(): V[] {
    return [...this.#values.values()].filter((value) => value !== undefined);
  }
}
