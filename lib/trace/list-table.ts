/** The lists of a replay: which ID of the trace is which native list. Slots are kept for reuse until `close()`. */
import * as native from '../native';

/** A list of the trace. */
export interface TraceList extends native.Handle {
  /** Changes whenever the blocks do. */
  generation: number;
  /** How many blocks are on it. */
  count: number;
}

export class ListTable {
  readonly #lists = new Map<number, TraceList>();
  readonly #freeSlots: number[] = [];
  readonly #slots: number[] = [];

  get(id: number): TraceList | undefined {
    return this.#lists.get(id);
  }

  /** A slot that holds no list; -1 without memory. It stays free until `set()`. */
  freeSlot(): number {
    if (this.#freeSlots.length === 0) {
      const slot = native.openList();
      if (slot < 0) return slot;
      this.#slots.push(slot);
      this.#freeSlots.push(slot);
    }
    return this.#freeSlots.at(-1) ?? -1;
  }

  /** Names the list that an allocation has left in `freeSlot()`. */
  set(id: number, generation: number, count: number): TraceList {
    const list = { slot: this.#freeSlots.pop() ?? -1, generation, count };
    this.#lists.set(id, list);
    return list;
  }

  /** Forgets a list that was freed. */
  delete(id: number, list: TraceList): void {
    this.#lists.delete(id);
    this.#freeSlots.push(list.slot);
  }

  /** The ID of a list that holds blocks, if there is one. */
  findHolder(): number | undefined {
    for (const [id, list] of this.#lists) if (list.count > 0) return id;
    return undefined;
  }

  /** Frees and forgets all lists. */
  clear(): void {
    for (const [id, list] of this.#lists) {
      native.free(list.slot, list.generation, false);
      this.delete(id, list);
    }
  }

  /** Frees everything, slots too. The table can be used again. */
  close(): void {
    this.#lists.clear();
    this.#freeSlots.length = 0;
    for (const slot of this.#slots.splice(0)) native.closeList(slot);
  }
}
