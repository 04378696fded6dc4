/** Effects in memory: tables of steps, lists and blocks, which give the blocks at any step. Runs in browsers too. */
import { CLEAR_BLOCK, readFrame, StepKind, usualBlocks, type Frame } from './frame';

/** The step that removes a block that is never removed. */
export const NEVER = 0xffff_ffff;

/** A space of the trace, from `init` or `buddy.new` to `fini`. */
export interface EffectsSpace {
  /** Number of the allocator in the trace. */
  readonly allocator: number;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly chunkSize: number;
  /** Address of the first byte, in decimal digits. */
  readonly baseOffset: string;
  /** The step that begins it. */
  readonly firstStep: number;
}

/** An operation that was refused. Sizes and addresses are bytes; texts are numbers. */
export interface EffectsFailure {
  readonly step: number;
  readonly code: number;
  readonly operation: number;
  readonly label: number;
  readonly size: number;
  readonly minBlockSize: number;
  /** Bits of `RequestFlag`. */
  readonly flags: number;
  readonly rangeStart: number;
  readonly rangeEnd: number;
}

type Columns = Readonly<Record<string, Float64Array | Uint32Array | Uint16Array | Uint8Array>>;

/** Columns of one length, which grow. A column is valid up to `length`, until the next row is added. */
class Table<C extends Columns> {
  length = 0;
  columns: C;

  constructor(columns: C) {
    this.columns = columns;
  }

  /** Makes room for so many rows more. */
  reserve(count: number): void {
    const needed = this.length + count;
    const [first] = Object.values(this.columns);
    if (!first || needed <= first.length) return;
    const length = Math.max(needed, 2 * first.length);
    this.columns = Object.fromEntries(
      Object.entries(this.columns).map(([name, column]) => {
        const larger = new (column.constructor as Float64ArrayConstructor)(length);
        larger.set(column.subarray(0, this.length));
        return [name, larger];
      }),
    ) as unknown as C;
  }
}

export class EffectsTable {
  readonly spaces: EffectsSpace[] = [];
  readonly failures: EffectsFailure[] = [];
  /** Labels, codes, kinds and names, by their numbers; 0 is none. */
  readonly texts: string[] = [''];
  readonly steps = new Table({
    /** One of `StepKind`. */
    kind: new Uint8Array(64),
    /** The line of the trace, counted from 1. */
    line: new Float64Array(64),
    /** Nanoseconds; those of the step before where the trace does not tell. */
    time: new Float64Array(64),
    /** Number of the space and 1; 0 where there was none. */
    space: new Uint32Array(64),
    /** Bytes of the space that are allocated after the step, and bytes of free memory that are clear. */
    used: new Float64Array(64),
    clear: new Float64Array(64),
    /** The list that it is about, where it is about one of several blocks or none: a row of `lists`, and 1; else 0. */
    list: new Uint32Array(64),
    /** Rows behind the last block placed by the step, and behind the last entry of `removals`. */
    placedEnd: new Uint32Array(64),
    removedEnd: new Uint32Array(64),
  });
  readonly lists = new Table({
    /** The ID in the trace, which other lists may have had before. */
    id: new Float64Array(64),
    /** Number of a text; 0 for none. */
    label: new Uint32Array(64),
    account: new Float64Array(64),
    /** The step that allocated it. */
    step: new Uint32Array(64),
  });
  /** Blocks in the order in which they were placed. */
  readonly blocks = new Table({
    /** Bytes from the start of the space. */
    offset: new Float64Array(64),
    order: new Uint8Array(64),
    /** 1 where its memory was known to be zero. */
    clear: new Uint8Array(64),
    /** A row of `lists`. */
    list: new Uint32Array(64),
    /** The step that placed it, and the one that removed it, or `NEVER`. */
    placed: new Uint32Array(64),
    removed: new Uint32Array(64),
  });
  /** Rows of the blocks that were removed, in that order. */
  readonly removals = new Table({ row: new Uint32Array(64) });

  readonly #offsets: number[] = [];
  /** Bytes in use, by the number of the space. */
  readonly #used: number[] = [];
  #hasTimes = false;
  #line = 0;
  #time = 0;
  #space = 0;
  #clear = 0;
  #nextId = 0;
  #nextRemoved = 0;

  /** Whether any step has a time. */
  get hasTimes(): boolean {
    return this.#hasTimes;
  }

  /** Adds a frame: the frames of an EffectsWriter, in their order. @throws RangeError where it is none */
  append(bytes: Uint8Array): void {
    const frame = readFrame(bytes);
    const { texts, spaces } = frame.columns;
    while (!texts.isAtEnd) this.texts.push(texts.text());
    const first = this.spaces.length;
    while (!spaces.isAtEnd) {
      const allocator = spaces.count();
      const chunkSize = spaces.count();
      const size = spaces.count() * chunkSize;
      const name = spaces.text();
      this.spaces.push({ allocator, name, size, chunkSize, baseOffset: spaces.text(), firstStep: NEVER });
      this.#used.push(0);
    }
    this.steps.reserve(frame.steps);
    let nextSpace = first;
    for (let i = 0; i < frame.steps; i++) {
      const kind = frame.columns.kinds.byte() as StepKind;
      if (kind === StepKind.SPACE) {
        const space = this.spaces[nextSpace];
        if (space) this.spaces[nextSpace++] = { ...space, firstStep: this.steps.length };
      }
      this.#step(frame, kind);
    }
  }

  /** The last step at or before a line; -1 where there is none. */
  stepAtLine(line: number): number {
    const lines = this.steps.columns.line;
    let low = 0;
    let high = this.steps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lines[middle] ?? 0) <= line) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The space that a step is about; `undefined` where there is none. */
  spaceAt(step: number): EffectsSpace | undefined {
    return this.spaces[(this.steps.columns.space[step] ?? 0) - 1];
  }

  /** The rows of the blocks that a space holds after a step, in the order in which they were placed. One pass over the blocks. */
  liveRows(step: number, space: EffectsSpace | undefined = this.spaceAt(step)): Uint32Array {
    const { placed, removed } = this.blocks.columns;
    const first = space && this.steps.columns.space;
    const number = space ? this.spaces.indexOf(space) + 1 : 0;
    const end = this.steps.columns.placedEnd[step] ?? 0;
    const rows = new Uint32Array(end);
    let count = 0;
    for (let row = 0; row < end; row++)
      if ((removed[row] ?? 0) > step && first?.[placed[row] ?? 0] === number) rows[count++] = row;
    return rows.slice(0, count);
  }

  #step({ columns }: Frame, kind: StepKind): void {
    const step = this.steps.length;
    this.#line += columns.lines.count();
    const elapsed = columns.times.difference();
    this.#time += elapsed;
    if (elapsed !== 0) this.#hasTimes = true;
    this.#space += columns.stepSpaces.difference();
    const space = this.spaces[this.#space];
    const chunkSize = space?.chunkSize ?? 1;

    let list = 0;
    if (kind === StepKind.ALLOC) list = this.#list(columns, step) + 1;
    else if (kind === StepKind.CHANGE || kind === StepKind.APPEND)
      list = this.lists.length - columns.changed.count();
    const usual = usualBlocks(kind);
    const removed = usual.removed + columns.removed.difference();
    const placed = usual.placed + columns.placed.difference();
    let used = this.#used[this.#space] ?? 0;
    used -= this.#remove(columns, removed, step, chunkSize);
    used += this.#place(columns, placed, step, list - 1, chunkSize);
    if (kind === StepKind.END) used = 0;
    if (space) this.#used[this.#space] = used;
    this.#clear += columns.clear.difference();
    if (kind === StepKind.FAILURE) this.#fail(columns, step);

    const row = this.steps.columns;
    row.kind[step] = kind;
    row.line[step] = this.#line;
    row.time[step] = this.#time;
    row.space[step] = this.#space + 1;
    row.used[step] = used;
    row.clear[step] = this.#clear * chunkSize;
    row.list[step] = list;
    row.placedEnd[step] = this.blocks.length;
    row.removedEnd[step] = this.removals.length;
    this.steps.length++;
  }

  /** Adds a list; gives its row. */
  #list({ ids, labels, accounts }: Frame['columns'], step: number): number {
    this.lists.reserve(1);
    const row = this.lists.length++;
    const { id, label, account, step: steps } = this.lists.columns;
    this.#nextId += ids.difference();
    id[row] = this.#nextId++;
    label[row] = labels.count();
    account[row] = accounts.count();
    steps[row] = step;
    return row;
  }

  /** Adds the blocks that a step places; gives their bytes. */
  #place(columns: Frame['columns'], count: number, step: number, list: number, chunkSize: number): number {
    this.blocks.reserve(count);
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const row = this.blocks.length++;
      const mixed = columns.orders.byte();
      const orderOfBlock = mixed % CLEAR_BLOCK;
      const inBlocks = (this.#offsets[orderOfBlock] ?? 0) + columns.offsets.difference();
      this.#offsets[orderOfBlock] = inBlocks;
      const size = chunkSize * 2 ** orderOfBlock;
      const { offset, order, clear, list: lists, placed, removed } = this.blocks.columns;
      offset[row] = inBlocks * size;
      order[row] = orderOfBlock;
      clear[row] = mixed >= CLEAR_BLOCK ? 1 : 0;
      lists[row] = list;
      placed[row] = step;
      removed[row] = NEVER;
      bytes += size;
    }
    return bytes;
  }

  /** Ends the blocks that a step removes; gives their bytes. */
  #remove(columns: Frame['columns'], count: number, step: number, chunkSize: number): number {
    this.removals.reserve(count);
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      this.#nextRemoved += columns.rows.difference();
      const row = this.#nextRemoved++;
      const { order, removed } = this.blocks.columns;
      removed[row] = step;
      this.removals.columns.row[this.removals.length++] = row;
      bytes += chunkSize * 2 ** (order[row] ?? 0);
    }
    return bytes;
  }

  #fail({ failures }: Frame['columns'], step: number): void {
    this.failures.push({
      step,
      code: failures.count(),
      operation: failures.count(),
      label: failures.count(),
      size: failures.count(),
      minBlockSize: failures.count(),
      flags: failures.count(),
      rangeStart: failures.count(),
      rangeEnd: failures.count(),
    });
  }
}
