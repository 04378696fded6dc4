/** Keeps the lists that live, as a journal tells of them: what a viewer is shown first. */
import { ChurnMap } from '../trace/churn-map';
import type { Answered } from '../trace/journal-operations';
import type { TraceBlock, TraceOperation } from '../trace/operation';
import { isOneOf } from '../trace/operation-kinds';

const isAllocation = isOneOf('buddy.alloc', 'buddy.claim');
const isFree = isOneOf('blocks.free', 'blocks.undo');
const isChange = isOneOf('blocks.trim', 'blocks.freeBlock', 'blocks.extend');

const NO_BLOCKS: readonly TraceBlock[] = [];

/** A list as it is now. It is replaced where it changes, so that whoever has it may read on. */
export interface LiveList {
  readonly id: number;
  readonly blocks: readonly TraceBlock[];
  readonly label: string | undefined;
  readonly account: number | undefined;
  /** When it was made: the number of the entry, and nanoseconds since the journal began. */
  readonly sequence: number;
  readonly time: number;
}

export class LiveLists {
  /** By their IDs. */
  readonly #lists = new ChurnMap<number, LiveList>();

  /** Gives the lists of this moment, the oldest first. */
  all(): readonly LiveList[] {
    return this.#lists.values().sort((a, b) => a.sequence - b.sequence);
  }

  /** Adds a list that was there when the journal began. */
  add({ id, blocks, label, account }: Pick<LiveList, 'id' | 'blocks' | 'label' | 'account'>): void {
    this.#lists.set(id, { id, blocks, label, account, sequence: 0, time: 0 });
  }

  /** Takes over an operation that was done, and its entry. */
  apply(operation: TraceOperation, entry: Answered): void {
    if (entry.code !== undefined) return;
    const blocks = 'blocks' in entry ? entry.blocks : NO_BLOCKS;
    if (isAllocation(operation)) {
      const { id, label, account } = operation;
      const { sequence, time } = entry;
      this.#lists.set(id, { id, blocks, label, account, sequence, time });
    } else if (isFree(operation)) {
      this.#lists.delete(operation.id);
    } else if (isChange(operation)) {
      this.#replace(operation.id, blocks);
    } else if (operation.kind === 'blocks.append') {
      this.#append(operation.id, operation.other);
    }
  }

  /** One that has no blocks has no ID: then the other one lives on. */
  #append(id: number | undefined, otherId: number): void {
    const list = id === undefined ? undefined : this.#lists.get(id);
    const other = this.#lists.get(otherId);
    if (!list || !other) return;
    this.#lists.delete(otherId);
    this.#replace(list.id, [...list.blocks, ...other.blocks]);
  }

  #replace(id: number, blocks: readonly TraceBlock[]): void {
    const list = this.#lists.get(id);
    if (blocks.length === 0) this.#lists.delete(id);
    else if (list) this.#lists.set(id, { ...list, blocks });
  }
}
