/** Writes and reads numbers as bytes: seven bits a byte, the lowest first. Any whole number that a double holds exactly. */

const BITS = 0x80;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Writes a whole number from 0 on. */
  count(value: number): void {
    this.#reserve(16);
    let rest = value;
    while (rest >= BITS) {
      this.#bytes[this.#length++] = (rest % BITS) + BITS;
      rest = Math.floor(rest / BITS);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Writes a whole number of either sign, small where it is near 0. */
  difference(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }

  text(text: string): void {
    const bytes = encoder.encode(text);
    this.count(bytes.length);
    this.bytes(bytes);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Gives all that was written, and starts anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Reads what a ByteWriter wrote. Each method throws a RangeError behind the last byte. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new RangeError('The bytes end too early.');
    return value;
  }

  count(): number {
    let value = this.byte();
    if (value < BITS) return value;
    value -= BITS;
    for (let scale = BITS; ; scale *= BITS) {
      const part = this.byte();
      if (part < BITS) return value + part * scale;
      value += (part - BITS) * scale;
    }
  }

  difference(): number {
    const value = this.count();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  text(): string {
    return decoder.decode(this.bytes(this.count()));
  }

  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError('The bytes end too early.');
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
}
