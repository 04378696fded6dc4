/** The lists of a replay: which ID of the trace is in which native slot. Slots are kept for reuse until `close()`. */
import { returnGuard, spareSlot, takeGuard, type Guard } from '../guard';
import * as native from '../native';

/** IDs below this stand in an array, which takes 4 bytes for each ID up to the largest. */
const FEW = 2 ** 24;

export class ListTable {
  /** By ID: the slot, and 1; 0 for none. A map takes long for keys that come and go, as IDs do. */
  #few = new Int32Array(1024);
  readonly #others = new Map<number, number>();
  #count = 0;
  readonly #freeSlots: number[] = [];
  readonly #held: { readonly slot: number; readonly guard: Guard | undefined }[] = [];

  /** The slot of a list. */
  get(id: number): number | undefined {
    if (id >= FEW) return this.#others.get(id);
    const slot = this.#few[id];
    return slot ? slot - 1 : undefined;
  }

  /** Returns a slot for a new list, under this ID. @throws GpuBuddyError without memory */
  add(id: number): number {
    const slot = this.#freeSlots.pop() ?? this.#take();
    this.#count++;
    if (id >= FEW) {
      this.#others.set(id, slot);
    } else {
      if (id >= this.#few.length) this.#grow(id);
      this.#few[id] = slot + 1;
    }
    return slot;
  }

  #take(): number {
    const slot = spareSlot();
    this.#held.push({ slot, guard: takeGuard() });
    return slot;
  }

  #grow(id: number): void {
    const larger = new Int32Array(Math.min(FEW, 2 * id));
    larger.set(this.#few);
    this.#few = larger;
  }

  /** Forgets a list that is, or will be, freed. */
  delete(id: number, slot: number): void {
    if (id >= FEW) this.#others.delete(id);
    else this.#few[id] = 0;
    this.#count--;
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
  }

  *#entries(): Generator<readonly [id: number, slot: number]> {
    for (let id = 0, left = this.#count - this.#others.size; left > 0; id++) {
      const slot = this.get(id);
      if (slot === undefined) continue;
      left--;
      yield [id, slot];
    }
    yield* this.#others;
  }

  /** Frees everything, and hands the slots on. The table can be used again. */
  close(): void {
    this.#few.fill(0);
    this.#others.clear();
    this.#count = 0;
    this.#freeSlots.length = 0;
    for (const { slot, guard } of this.#held.splice(0)) {
      native.free(slot, describe(slot).generation, false);
      returnGuard(guard, slot);
    }
  }
}

/** How the list in a slot is called now, and how many blocks it holds. */
export function describe(slot: number): native.Handle & { readonly count: number } {
  native.describe(slot);
  const { generation, count } = native.list;
  return { slot, generation, count };
}
