/** Turns operations and their answers into frames of effects: see frame.ts. Keeps the lists that live, and nothing that has ended. */
import { statuses } from '../../native';
import type {
  BuddyNewOperation,
  InitOperation,
  TraceBlock,
  TraceOperation,
  TraceRequest,
} from '../operation';
import { isOneOf } from '../operation-kinds';
import { ChurnMap } from '../churn-map';
import { AnswerBlocks, type Answer } from './answer-blocks';
import { CLEAR_BLOCK, FrameWriter, RequestFlag, StepKind, usualBlocks } from './frame';

/** Characters of a label or a name that are kept. */
const TEXT_LENGTH = 256;

interface LiveBlock {
  readonly row: number;
  readonly offset: number;
  readonly order: number;
  readonly isClear: boolean;
}

interface LiveList {
  /** Counted over all spaces. */
  readonly number: number;
  blocks: readonly LiveBlock[];
}

interface LiveSpace {
  readonly number: number;
  readonly chunkSize: number;
  /** By their IDs. */
  readonly lists: ChurnMap<number, LiveList>;
}

const isNew = isOneOf('init', 'buddy.new');
const isAllocation = isOneOf('alloc', 'buddy.alloc', 'buddy.claim');
const isFree = isOneOf('free', 'blocks.free', 'blocks.undo');
const isChange = isOneOf('trim', 'free_block', 'blocks.trim', 'blocks.freeBlock', 'blocks.extend');
const isClearing = isOneOf('reset_clear', 'buddy.resetClear', 'buddy.clear');
const isMark = isOneOf('begin', 'gap', 'poisoned');

const MARKS = { begin: StepKind.BEGIN, gap: StepKind.GAP, poisoned: StepKind.POISONED } as const;

/** The names of error numbers: `-28` is `ENOSPC`. */
const CODES: ReadonlyMap<string, string> = new Map(
  statuses
    .filter(({ errno, code }) => errno !== 0 && !code.startsWith('ERR_'))
    .map(({ errno, code }) => [String(errno), code]),
);

export class EffectsWriter {
  readonly #frame = new FrameWriter();
  readonly #text = new AnswerBlocks();
  #answer: Answer = this.#text;
  /** The space of each allocator, by its number. */
  readonly #spaces = new Map<number, LiveSpace>();
  readonly #texts = new Map<string, number>();
  /** The offset of the last block of each order, in blocks of it. */
  readonly #offsets: number[] = [];
  #steps = 0;
  #line = 0;
  #time = 0;
  #space = 0;
  #spaceCount = 0;
  #clear = 0;
  #listCount = 0;
  #nextId = 0;
  #rowCount = 0;
  #nextRemoved = 0;
  #placed = 0;
  #removed = 0;

  /** Steps that `take()` would give. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Adds an operation that was done.
   *
   * @param answer the text that a replay gives, or what it says; of a `buddy.claim` without one, its own blocks are taken
   * @param size bytes of the space that it begins, if any
   */
  add(operation: TraceOperation, line: number, answer: string | Answer, size: number): void {
    if (operation.kind === 'comment' || operation.kind === 'gpu-buddy-trace') return;
    const { on = 0 } = operation;
    if (typeof answer === 'string') this.#text.read(answer);
    this.#answer = typeof answer === 'string' ? this.#text : answer;
    const space = this.#spaces.get(on);
    if (this.#answer.code !== '0') this.#fail(operation, space, line);
    else if (isNew(operation)) this.#begin(operation, line, on, size);
    else if (space) this.#change(operation, space, line, on);
  }

  /** Gives what was added since the last time as a frame. */
  take(): Uint8Array<ArrayBuffer> {
    const frame = this.#frame.take(this.#steps);
    this.#steps = 0;
    return frame;
  }

  #begin(operation: InitOperation | BuddyNewOperation, line: number, on: number, size: number): void {
    const { spaces } = this.#frame.columns;
    const chunkSize = Number(operation.chunkSize);
    const space = { number: this.#spaceCount++, chunkSize, lists: new ChurnMap<number, LiveList>() };
    this.#spaces.set(on, space);
    const { name = '', baseOffset = 0 } = operation.kind === 'buddy.new' ? operation : {};
    spaces.count(on);
    spaces.count(chunkSize);
    spaces.count(size / chunkSize);
    spaces.text(cut(name));
    spaces.text(String(baseOffset));
    this.#step(StepKind.SPACE, operation, space, line);
  }

  #change(operation: TraceOperation, space: LiveSpace, line: number, on: number): void {
    if (isAllocation(operation)) {
      const given = operation.kind === 'buddy.claim' ? operation.blocks : [];
      this.#alloc(operation.id, space, operation, given);
      this.#step(StepKind.ALLOC, operation, space, line);
    } else if (isFree(operation)) {
      const list = space.lists.get(operation.id);
      space.lists.delete(operation.id);
      this.#remove(list?.blocks ?? []);
      this.#step(StepKind.FREE, operation, space, line);
    } else if (isChange(operation)) {
      const list = space.lists.get(operation.id);
      if (!list) return;
      this.#replace(list, space);
      this.#step(StepKind.CHANGE, operation, space, line);
    } else if (operation.kind === 'blocks.append') {
      // A list that is appended to one without blocks keeps its ID.
      const list = operation.id === undefined ? undefined : space.lists.get(operation.id);
      if (!list) return;
      this.#append(list, operation.other, space);
      this.#step(StepKind.APPEND, operation, space, line);
    } else if (isClearing(operation)) {
      this.#step(StepKind.CLEAR, operation, space, line);
    } else if (isMark(operation)) {
      this.#step(MARKS[operation.kind], operation, space, line);
    } else if (operation.kind === 'fini') {
      this.#spaces.delete(on);
      this.#step(StepKind.END, operation, space, line);
    }
  }

  #alloc(
    id: number,
    { chunkSize, lists }: LiveSpace,
    { label, account = 0 }: { readonly label?: string | undefined; readonly account?: number | undefined },
    given: readonly TraceBlock[],
  ): void {
    const { ids, labels, accounts } = this.#frame.columns;
    ids.difference(id - this.#nextId);
    this.#nextId = id + 1;
    labels.count(this.#textOf(label));
    accounts.count(account);
    const blocks: LiveBlock[] = [];
    const { count, offsets, orders, clear } = this.#answer;
    for (let i = 0; i < count; i++)
      blocks.push(this.#place((offsets[i] ?? 0) / chunkSize, orders[i] ?? 0, clear[i] ?? false));
    if (count === 0)
      for (const { offset, order, isClear = false } of given)
        blocks.push(this.#place(Number(offset) / chunkSize, order, isClear));
    lists.set(id, { number: this.#listCount++, blocks });
  }

  /** Makes the blocks of a list those of the answer; those that stay are neither removed nor placed. */
  #replace(list: LiveList, { chunkSize }: LiveSpace): void {
    this.#frame.columns.changed.count(this.#listCount - 1 - list.number);
    const old = new Map(list.blocks.map((block) => [block.offset, block]));
    const { count, offsets, orders, clear } = this.#answer;
    const blocks: (LiveBlock | undefined)[] = [];
    for (let i = 0; i < count; i++) {
      const offset = (offsets[i] ?? 0) / chunkSize;
      const known = old.get(offset);
      const stays = known?.order === orders[i];
      blocks[i] = stays ? known : undefined;
      if (stays) old.delete(offset);
    }
    this.#remove([...old.values()]);
    list.blocks = blocks.map(
      (block, i) => block ?? this.#place((offsets[i] ?? 0) / chunkSize, orders[i] ?? 0, clear[i] ?? false),
    );
  }

  #append(list: LiveList, other: number, { lists }: LiveSpace): void {
    const moved = lists.get(other)?.blocks ?? [];
    this.#frame.columns.changed.count(this.#listCount - 1 - list.number);
    lists.delete(other);
    this.#remove(moved);
    const placed = moved.map(({ offset, order, isClear }) => this.#place(offset, order, isClear));
    list.blocks = [...list.blocks, ...placed];
  }

  #fail(
    operation: Exclude<TraceOperation, { kind: 'comment' | 'gpu-buddy-trace' }>,
    space: LiveSpace | undefined,
    line: number,
  ): void {
    const { failures } = this.#frame.columns;
    const { code } = this.#answer;
    failures.count(this.#textOf(CODES.get(code) ?? code));
    failures.count(this.#textOf(operation.kind));
    failures.count(this.#textOf(operation.label));
    failures.count('size' in operation ? Number(operation.size ?? 0) : 0);
    const { minBlockSize, flags, range } = requestOf(operation);
    failures.count(Number(minBlockSize ?? 0));
    failures.count(flags);
    failures.count(Number(range?.start ?? 0));
    failures.count(Number(range?.end ?? 0));
    this.#step(StepKind.FAILURE, operation, space, line);
  }

  /** Offsets are in chunks. */
  #place(offset: number, order: number, isClear: boolean): LiveBlock {
    const { orders, offsets } = this.#frame.columns;
    orders.byte(isClear ? order + CLEAR_BLOCK : order);
    const inBlocks = offset / 2 ** order;
    offsets.difference(inBlocks - (this.#offsets[order] ?? 0));
    this.#offsets[order] = inBlocks;
    this.#placed++;
    return { row: this.#rowCount++, offset, order, isClear };
  }

  #remove(blocks: readonly LiveBlock[]): void {
    const { rows } = this.#frame.columns;
    for (const { row } of blocks) {
      rows.difference(row - this.#nextRemoved);
      this.#nextRemoved = row + 1;
    }
    this.#removed += blocks.length;
  }

  /** Ends a step, whose blocks are written. */
  #step(
    kind: StepKind,
    { time = this.#answer.time ?? this.#time }: { readonly time?: number | undefined },
    space: LiveSpace | undefined,
    line: number,
  ): void {
    const { kinds, lines, times, stepSpaces, placed, removed, clear } = this.#frame.columns;
    kinds.byte(kind);
    lines.count(line - this.#line);
    this.#line = line;
    times.difference(time - this.#time);
    this.#time = time;
    const number = space?.number ?? -1;
    stepSpaces.difference(number - this.#space);
    this.#space = number;
    const usual = usualBlocks(kind);
    placed.difference(this.#placed - usual.placed);
    removed.difference(this.#removed - usual.removed);
    this.#placed = this.#removed = 0;
    const { clearAvail } = this.#answer;
    const clearChunks =
      space && clearAvail >= 0 && kind !== StepKind.END ? clearAvail / space.chunkSize : this.#clear;
    clear.difference(clearChunks - this.#clear);
    this.#clear = clearChunks;
    this.#steps++;
  }

  /** The number of a text; 0 for none. */
  #textOf(text: string | undefined): number {
    if (text === undefined || text === '') return 0;
    const kept = cut(text);
    const known = this.#texts.get(kept);
    if (known !== undefined) return known;
    this.#texts.set(kept, this.#texts.size + 1);
    this.#frame.columns.texts.text(kept);
    return this.#texts.size;
  }
}

/** Shortens a text that is very long. */
function cut(text: string): string {
  return text.length > TEXT_LENGTH ? `${text.slice(0, TEXT_LENGTH).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
}

interface Request {
  readonly minBlockSize: TraceRequest['minBlockSize'];
  readonly flags: number;
  readonly range: TraceRequest['range'];
}

/** Bits of the kernel's flags, and those of a failure for them. */
const KERNEL_FLAGS = [
  [1, RequestFlag.RANGE],
  [2, RequestFlag.TOP_DOWN],
  [4, RequestFlag.CONTIGUOUS],
  [8, RequestFlag.CLEAR],
  [32, RequestFlag.TRIM_DISABLE],
] as const;

/** Request of an operation. */
function requestOf(operation: TraceOperation): Request {
  if (operation.kind === 'alloc') {
    const given = Number(operation.flags) % 64;
    const flags = KERNEL_FLAGS.reduce(
      (sum, [kernel, flag]) => ((given & kernel) !== 0 ? sum + flag : sum),
      0,
    );
    const range = flags & RequestFlag.RANGE ? { start: operation.start, end: operation.end } : undefined;
    return { minBlockSize: operation.minBlockSize, flags, range };
  }
  if (operation.kind !== 'buddy.alloc' && operation.kind !== 'buddy.probe')
    return { minBlockSize: undefined, flags: 0, range: undefined };
  const { range, topDown, contiguous, clear, trimDisable, minBlockSize } = operation;
  const flags =
    (range ? RequestFlag.RANGE : 0) +
    (topDown ? RequestFlag.TOP_DOWN : 0) +
    (contiguous ? RequestFlag.CONTIGUOUS : 0) +
    (clear ? RequestFlag.CLEAR : 0) +
    (trimDisable ? RequestFlag.TRIM_DISABLE : 0);
  return { minBlockSize, flags, range };
}
