/** Sums up the lists of a replay: how many blocks and pieces they have, and what is never freed. */
import type { TraceOperation } from './operation';
import { isOneOf } from './operation-kinds';

/** Lists of one label that live where a trace ends. */
export interface LeakedLists {
  /** `undefined` for those without a label. */
  readonly label: string | undefined;
  readonly lists: number;
  readonly bytes: number;
}

/** Lists by their blocks, when they were allocated. */
export interface ListsSummary {
  /** Allocations that succeeded. */
  readonly lists: number;
  readonly blocks: number;
  /** Pieces: blocks side by side, one behind the other in their list, are one. */
  readonly pieces: number;
  /** Memory that is allocated at the end, the most bytes first. */
  readonly leaks: readonly LeakedLists[];
}

interface LiveList {
  readonly label: string | undefined;
  readonly bytes: number;
}

/** Lists of one allocator. */
interface LiveLists {
  readonly chunkSize: number;
  readonly byId: Map<number, LiveList>;
}

const BLOCK = / 0x([0-9a-f]+):(\d+):[01]/g;

const isAllocation = isOneOf('alloc', 'buddy.alloc', 'buddy.claim');
const isChange = isOneOf('trim', 'free_block', 'blocks.trim', 'blocks.freeBlock', 'blocks.extend');
const isFree = isOneOf('free', 'blocks.free', 'blocks.undo');

/** Counts from operations and their results. */
export class ListsCounter {
  #lists = 0;
  #blocks = 0;
  #pieces = 0;
  /** By the number of the allocator. */
  readonly #live = new Map<number, LiveLists>();

  /** Adds an operation that has succeeded. */
  add(operation: TraceOperation, result: string): void {
    if (operation.kind === 'comment' || operation.kind === 'gpu-buddy-trace') return;
    const { on = 0 } = operation;
    if (operation.kind === 'init' || operation.kind === 'buddy.new')
      this.#live.set(on, { chunkSize: Number(operation.chunkSize), byId: new Map() });
    const lists = this.#live.get(on);
    if (lists) this.#change(lists, operation, result);
  }

  summary(): ListsSummary {
    const leaks = new Map<string | undefined, LeakedLists>();
    for (const { byId } of this.#live.values())
      for (const { label, bytes } of byId.values()) {
        const sum = leaks.get(label) ?? { label, lists: 0, bytes: 0 };
        if (bytes > 0) leaks.set(label, { label, lists: sum.lists + 1, bytes: sum.bytes + bytes });
      }
    return {
      lists: this.#lists,
      blocks: this.#blocks,
      pieces: this.#pieces,
      leaks: [...leaks.values()].sort((a, b) => b.bytes - a.bytes),
    };
  }

  #change({ byId, chunkSize }: LiveLists, operation: TraceOperation, result: string): void {
    if (isAllocation(operation)) {
      const { blocks, pieces, bytes } = shapeOf(result, chunkSize);
      this.#lists++;
      this.#blocks += blocks;
      this.#pieces += pieces;
      byId.set(operation.id, { label: operation.label, bytes });
    } else if (isChange(operation)) {
      const { id } = operation;
      byId.set(id, { label: byId.get(id)?.label, bytes: shapeOf(result, chunkSize).bytes });
    } else if (isFree(operation)) {
      byId.delete(operation.id);
    } else if (operation.kind === 'blocks.append') {
      append(byId, operation.id, operation.other);
    }
  }
}

/** Counts the blocks in a result. */
function shapeOf(result: string, chunkSize: number) {
  let blocks = 0;
  let pieces = 0;
  let bytes = 0;
  let end = -1;
  for (const [, offset = '', order = ''] of result.matchAll(BLOCK)) {
    const start = Number.parseInt(offset, 16);
    const size = chunkSize * 2 ** Number(order);
    blocks++;
    if (start !== end) pieces++;
    end = start + size;
    bytes += size;
  }
  return { blocks, pieces, bytes };
}

function append(byId: Map<number, LiveList>, id: number | undefined, other: number): void {
  const moved = byId.get(other);
  if (id === undefined || !moved) return;
  const list = byId.get(id);
  byId.set(id, { label: list?.label ?? moved.label, bytes: (list?.bytes ?? 0) + moved.bytes });
  byId.delete(other);
}
