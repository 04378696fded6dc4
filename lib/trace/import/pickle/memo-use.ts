/** Finds the values of a pickle that are used again. The others need not be remembered. */
import { Op } from './opcodes';
import type { OpcodeVisitor } from './read-opcodes';

const SMALLEST = 1024;

/** Visits the opcodes of a pickle, and notes the places that are read again. */
export class MemoUse implements OpcodeVisitor {
  /** A bit for each place of the memo. */
  #used = new Uint8Array(SMALLEST);
  #visited = 0;

  visit(opcode: number, bytes: Buffer, start: number): void {
    this.#visited++;
    if (opcode === Op.BINGET) this.#use(bytes[start] ?? 0);
    else if (opcode === Op.LONG_BINGET) this.#use(bytes.readUInt32LE(start));
  }

  has(place: number): boolean {
    return ((this.#used[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }

  #use(place: number): void {
    // Limits the place, since each is filled by an opcode of its own: a made-up number must not take memory.
    if (place >= this.#visited) throw new Error(`place ${place} of the memo is empty`);
    while (place >> 3 >= this.#used.length) this.#grow();
    this.#used[place >> 3] = (this.#used[place >> 3] ?? 0) | (1 << (place & 7));
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#used.length);
    larger.set(this.#used);
    this.#used = larger;
  }
}
