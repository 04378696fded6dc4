/**
 * Maps the IDs of a trace to native slots. Takes time and memory for the lists that there are, not for the numbers by which
 * they are called. Slots are kept for reuse until `close()`.
 */
import { returnGuard, spareSlot, takeGuard, type Guard } from '../guard';
import * as native from '../native';

/** IDs from here on never stand in the array. */
const MAX_NEAR = 2 ** 24;
const SMALLEST_NEAR = 1024;
/** A page of the array has 2 to the power of this many IDs. */
const PAGE_BITS = 6;

export class ListTable {
  /**
   * The slot of each ID below its length, with 1 added; 0 for none. A map takes long for keys that come and go, as IDs do.
   * The array grows to an ID only once so many lists were added that it takes at most 32 bytes for each of them.
   */
  #near = new Int32Array(SMALLEST_NEAR);
  /** For each page of the array: 1 where a list was added since the last `clear()`; and which pages these are. */
  #isPageUsed = new Uint8Array(SMALLEST_NEAR >> PAGE_BITS);
  readonly #usedPages: number[] = [];
  /** The slots of all other IDs. */
  readonly #far = new Map<number, number>();
  #added = 0;
  /** Lists in the array. */
  #nearCount = 0;
  readonly #freeSlots: number[] = [];
  /** The slots, with their guards: what is in them is freed with the table by the collector, if not before. */
  readonly #held: { readonly slot: number; readonly guard: Guard | undefined }[] = [];

  /** The slot of a list. */
  get(id: number): number | undefined {
    if (id >= this.#near.length) return this.#far.get(id);
    const slot = this.#near[id];
    return slot ? slot - 1 : undefined;
  }

  /** Returns a slot for a new list, under this ID. @throws GpuBuddyError without memory */
  add(id: number): number {
    const slot = this.#freeSlots.pop() ?? this.#takeSlot();
    this.#added++;
    if (id >= this.#near.length) this.#growTo(id);
    if (id < this.#near.length) this.#putNear(id, slot);
    else this.#far.set(id, slot);
    return slot;
  }

  /** The slot of no list, for one that is gone before the next is added. */
  spare(): number {
    const slot = this.#freeSlots.pop() ?? this.#takeSlot();
    this.#freeSlots.push(slot);
    return slot;
  }

  /** Forgets a list that is, or will be, freed. */
  delete(id: number, slot: number): void {
    if (id >= this.#near.length) {
      this.#far.delete(id);
    } else {
      this.#near[id] = 0;
      this.#nearCount--;
    }
    this.#freeSlots.push(slot);
  }

  /** The ID of a list that holds blocks, if there is one. */
  findHolder(): number | undefined {
    for (const [id, slot] of this.#entries()) if (describe(slot).count > 0) return id;
    return undefined;
  }

  /** Frees and forgets all lists. */
  clear(): void {
    for (const [id, slot] of this.#entries()) {
      native.free(slot, describe(slot).generation, false);
      this.delete(id, slot);
    }
    for (const page of this.#usedPages.splice(0)) this.#isPageUsed[page] = 0;
  }

  /** Frees everything, and hands the slots on. The table can be used again. */
  close(): void {
    this.#near = new Int32Array(SMALLEST_NEAR);
    this.#isPageUsed = new Uint8Array(SMALLEST_NEAR >> PAGE_BITS);
    this.#usedPages.length = 0;
    this.#far.clear();
    this.#added = 0;
    this.#nearCount = 0;
    this.#freeSlots.length = 0;
    for (const { slot, guard } of this.#held.splice(0)) {
      native.free(slot, describe(slot).generation, false);
      returnGuard(guard, slot);
    }
  }

  #takeSlot(): number {
    const slot = spareSlot();
    this.#held.push({ slot, guard: takeGuard() });
    return slot;
  }

  #putNear(id: number, slot: number): void {
    this.#usePage(id >> PAGE_BITS);
    this.#nearCount++;
    // Last: whoever is stopped before has added nothing.
    this.#near[id] = slot + 1;
  }

  #usePage(page: number): void {
    if (this.#isPageUsed[page] !== 0) return;
    this.#usedPages.push(page);
    this.#isPageUsed[page] = 1;
  }

  #growTo(id: number): void {
    if (id >= MAX_NEAR || id >= 4 * this.#added) return;
    const length = 2 ** (32 - Math.clz32(id));
    const isPageUsed = new Uint8Array(length >> PAGE_BITS);
    isPageUsed.set(this.#isPageUsed);
    this.#isPageUsed = isPageUsed;
    const near = new Int32Array(length);
    near.set(this.#near);
    for (const [farId, slot] of this.#far) {
      if (farId >= length) continue;
      this.#usePage(farId >> PAGE_BITS);
      this.#nearCount++;
      near[farId] = slot + 1;
    }
    this.#near = near;
    for (const farId of this.#far.keys()) if (farId < length) this.#far.delete(farId);
  }

  /** Gives the lists: those of the array by page, then the others. */
  *#entries(): Generator<readonly [id: number, slot: number]> {
    let left = this.#nearCount;
    for (const page of this.#usedPages) {
      if (left === 0) break;
      const end = (page + 1) << PAGE_BITS;
      for (let id = page << PAGE_BITS; id < end; id++) {
        const slot = this.#near[id];
        if (!slot) continue;
        left--;
        yield [id, slot - 1];
      }
    }
    for (const entry of this.#far) if (entry[0] >= this.#near.length) yield entry;
  }
}

/** How the list in a guard is called now, and how many blocks it holds: none, where it is freed. */
export function describe(slot: number): native.Handle & { readonly count: number } {
  native.describe(slot);
  const { generation, count } = native.list;
  return { slot, generation, count };
}
