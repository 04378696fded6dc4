/** Keeps the lists that live, as the operations of a journal tell of them: what a viewer is shown first. */
import type { JournalEntry } from '../journal-entry';
import type { Bytes } from '../native';
import { ChurnMap } from '../trace/churn-map';
import type { TraceBlock, TraceOperation } from '../trace/operation';
import { isOneOf } from '../trace/operation-kinds';

const isAllocation = isOneOf('buddy.alloc', 'buddy.claim');
const isFree = isOneOf('blocks.free', 'blocks.undo');
const isChange = isOneOf('blocks.trim', 'blocks.freeBlock', 'blocks.extend');

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

  /** Takes over an operation that was done: of an entry, or of the state when the journal began. */
  apply(operation: TraceOperation, entry: JournalEntry<Bytes> | undefined): void {
    if (entry && 'code' in entry && entry.code !== undefined) return;
    const blocks = entry && 'blocks' in entry ? entry.blocks : [];
    if (isAllocation(operation)) {
      const { id, label, account, seq = 0, time = 0 } = operation;
      const claimed = operation.kind === 'buddy.claim' && !entry ? operation.blocks : blocks;
      this.#lists.set(id, { id, blocks: claimed, label, account, sequence: seq, time });
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
