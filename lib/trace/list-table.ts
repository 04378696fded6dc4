/** The lists of a replay: which ID of the trace is in which native slot. Slots are kept for reuse until `close()`. */
import * as native from '../native';

export class ListTable {
  readonly #slotOf = new Map<number, number>();
  readonly #freeSlots: number[] = [];
  readonly #slots: number[] = [];

  /** The slot of a list. */
  get(id: number): number | undefined {
    return this.#slotOf.get(id);
  }

  /** A slot for a new list, under this ID; -1 without memory. */
  add(id: number): number {
    const slot = this.#freeSlots.pop() ?? native.openList();
    if (slot < 0) return slot;
    if (this.#slots.length === this.#slotOf.size) this.#slots.push(slot);
    this.#slotOf.set(id, slot);
    return slot;
  }

  /** Forgets a list that is, or will be, freed. */
  delete(id: number, slot: number): void {
    this.#slotOf.delete(id);
    this.#freeSlots.push(slot);
  }

  /** The ID of a list that holds blocks, if there is one. */
  findHolder(): number | undefined {
    for (const [id, slot] of this.#slotOf) if (describe(slot).count > 0) return id;
    return undefined;
  }

  /** Frees and forgets all lists. */
  clear(): void {
    for (const [id, slot] of this.#slotOf) {
      native.free(slot, describe(slot).generation, false);
      this.delete(id, slot);
    }
  }

  /** Frees everything, slots too. The table can be used again. */
  close(): void {
    this.#slotOf.clear();
    this.#freeSlots.length = 0;
    for (const slot of this.#slots.splice(0)) native.closeList(slot);
  }
}

/** How the list in a slot is called now, and how many blocks it holds. */
export function describe(slot: number): native.Handle & { readonly count: number } {
  native.describe(slot);
  const { generation, count } = native.list;
  return { slot, generation, count };
}
