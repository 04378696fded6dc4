// Random numbers that a seed repeats on any machine (sfc32 by Chris Doty-Humphrey, public domain).

import { createHash } from 'node:crypto';

export class Random {
  #a;
  #b;
  #c;
  #counter = 1;

  /** @param {string} seed any text */
  constructor(seed) {
    const hash = createHash('sha256').update(seed).digest();
    [this.#a, this.#b, this.#c] = [0, 4, 8].map((at) => hash.readInt32LE(at));
  }

  /** From 0 to 2^32 - 1. */
  u32() {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** From 0 up to, not including, 1. */
  fraction() {
    return this.u32() / 2 ** 32;
  }

  /** A whole number from 0 to `count` - 1, which is below 2^32. @param {number} count */
  below(count) {
    return Math.floor(this.fraction() * count);
  }

  /** As `below`, of any size up to 2^64. @param {bigint} count */
  bigBelow(count) {
    const wide = (BigInt(this.u32()) << 64n) | (BigInt(this.u32()) << 32n) | BigInt(this.u32());
    return (wide * count) >> 96n;
  }

  /** @param {number} probability */
  chance(probability) {
    return this.fraction() < probability;
  }

  /** @template T @param {readonly T[]} choices @returns {T} */
  pick(choices) {
    return choices[this.below(choices.length)];
  }

  /** One of the names, each as likely as its weight. @template {string} N @param {Readonly<Partial<Record<N, number>>>} weights @returns {N} */
  weighted(weights) {
    const entries = /** @type {[N, number][]} */ (Object.entries(weights));
    let rest = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      rest -= weight;
      if (rest < 0) return name;
    }
    return entries[entries.length - 1][0];
  }

  /** Small numbers are likelier: each is taken with the given probability, else the next. @param {number} stop @param {number} most */
  geometric(stop, most) {
    let value = 0;
    while (value < most && !this.chance(stop)) value++;
    return value;
  }

  /** From 1 to `most`, every magnitude as likely as any other. @param {bigint} most */
  magnitude(most) {
    const bits = most.toString(2).length;
    const low = 1n << BigInt(this.below(bits));
    const value = low + this.bigBelow(low);
    return value > most ? most : value;
  }
}
