/** Collects the requests of one allocator of a recording, in columns that grow. */
import type { Bytes } from '../../native';
import type { OperationNotes } from '../operation';
import { RequestKind, type DroppedParts, type Workload } from './workload';

const FIRST_CAPACITY = 1024;

/** A request as it is added. */
interface Request {
  readonly kind: number;
  readonly list: number;
  readonly size: number;
  readonly alignment: number;
}

export class WorkloadBuilder {
  readonly #file: string;
  readonly #allocator: number;
  readonly #chunkSize: number;
  readonly #size: number | undefined;
  readonly #lists = new Map<number, number>();
  readonly #spare: number[] = [];
  #listCount = 0;
  #columns = makeColumns(FIRST_CAPACITY);
  #length = 0;
  readonly #labels = new Map<string, number>();
  #peak: number | undefined;
  readonly dropped: { -readonly [Part in keyof DroppedParts]: DroppedParts[Part] } = {
    addresses: 0,
    ranges: 0,
    accounts: 0,
    refused: 0,
    afterGap: 0,
  };

  /** @param size bytes of the recorded space, where they are known */
  constructor(file: string, allocator: number, chunkSize: Bytes, size: Bytes | undefined) {
    this.#file = file;
    this.#allocator = allocator;
    this.#chunkSize = Number(chunkSize);
    this.#size = size === undefined ? undefined : Number(size);
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes of the recorded space, where they are known. */
  get size(): number | undefined {
    return this.#size;
  }

  get chunkSize(): number {
    return this.#chunkSize;
  }

  hasList(id: number): boolean {
    return this.#lists.has(id);
  }

  /** Adds an allocation. One that no allocator serves, whatever its policy, is left out; its list is empty. */
  alloc(id: number, size: Bytes, alignment: Bytes | undefined, notes: OperationNotes, line: number): void {
    const list = this.#spare.pop() ?? this.#listCount++;
    this.#lists.set(id, list);
    const request = { kind: RequestKind.ALLOC, list, size: Number(size), alignment: Number(alignment ?? 0) };
    if (isServable(request)) this.#add(request, notes, line);
    else this.dropped.refused++;
  }

  probe(size: Bytes, alignment: Bytes | undefined, notes: OperationNotes, line: number): void {
    this.#add(
      { kind: RequestKind.PROBE, list: -1, size: Number(size), alignment: Number(alignment ?? 0) },
      notes,
      line,
    );
  }

  // The methods below do nothing for an unknown list: it was never allocated, or its allocation failed.

  free(id: number, notes: OperationNotes, line: number): void {
    this.#end(id, (list) => {
      this.#add({ kind: RequestKind.FREE, list, size: 0, alignment: 0 }, notes, line);
    });
  }

  grow(id: number, size: Bytes, notes: OperationNotes, line: number): void {
    const list = this.#lists.get(id);
    if (list === undefined || Number(size) === 0) return;
    this.#add({ kind: RequestKind.GROW, list, size: Number(size), alignment: 0 }, notes, line);
  }

  /** @param size bytes that are left; with none, the list stays, empty */
  shrink(id: number, size: Bytes, notes: OperationNotes, line: number): void {
    const list = this.#lists.get(id);
    if (list === undefined) return;
    this.#add({ kind: RequestKind.SHRINK, list, size: Number(size), alignment: 0 }, notes, line);
  }

  append(id: number, otherId: number, notes: OperationNotes, line: number): void {
    const list = this.#lists.get(id);
    if (list === undefined || id === otherId) return;
    this.#end(otherId, (other) => {
      this.#add({ kind: RequestKind.APPEND, list, size: other, alignment: 0 }, notes, line);
    });
  }

  /** Notes what the recorded allocator had given out. */
  noteUse(used: number): void {
    if (used > (this.#peak ?? -1)) this.#peak = used;
  }

  finish(): Workload {
    const columns = copyColumns(this.#columns, this.#length, makeColumns(this.#length));
    return {
      file: this.#file,
      allocator: this.#allocator,
      chunkSize: this.#chunkSize,
      ...columns,
      labelTexts: [...this.#labels.keys()],
      listCount: this.#listCount,
      length: this.#length,
      recorded: { size: this.#size, peak: this.#peak, reserved: undefined },
      dropped: this.dropped,
    };
  }

  #end(id: number, add: (list: number) => void): void {
    const list = this.#lists.get(id);
    if (list === undefined) return;
    this.#lists.delete(id);
    this.#spare.push(list);
    add(list);
  }

  #add({ kind, list, size, alignment }: Request, { time, label }: OperationNotes, line: number): void {
    const index = this.#length;
    if (index === this.#columns.kinds.length)
      this.#columns = copyColumns(this.#columns, index, makeColumns(2 * index));
    const { kinds, lists, sizes, alignments, lines, times, labels } = this.#columns;
    kinds[index] = kind;
    lists[index] = list;
    sizes[index] = size;
    alignments[index] = alignment;
    lines[index] = line;
    times[index] = time ?? NaN;
    labels[index] = label === undefined ? -1 : this.#labelIndex(label);
    this.#length = index + 1;
  }

  #labelIndex(label: string): number {
    const known = this.#labels.get(label);
    if (known !== undefined) return known;
    const index = this.#labels.size;
    this.#labels.set(label, index);
    return index;
  }
}

/** Whether a request is for some bytes, and its alignment, if it has one, is a power of two. */
function isServable({ size, alignment }: Request): boolean {
  return size > 0 && (alignment === 0 || Number.isInteger(Math.log2(alignment)));
}

type Columns = ReturnType<typeof makeColumns>;

/** Makes shared memory, which threads need not copy. */
function makeColumns(length: number) {
  const bytes = (size: number) => new SharedArrayBuffer(size * length);
  return {
    kinds: new Uint8Array(bytes(1)),
    lists: new Int32Array(bytes(4)),
    sizes: new Float64Array(bytes(8)),
    alignments: new Float64Array(bytes(8)),
    lines: new Float64Array(bytes(8)),
    times: new Float64Array(bytes(8)),
    labels: new Int32Array(bytes(4)),
  };
}

function copyColumns(from: Columns, length: number, to: Columns): Columns {
  to.kinds.set(from.kinds.subarray(0, length));
  to.lists.set(from.lists.subarray(0, length));
  to.sizes.set(from.sizes.subarray(0, length));
  to.alignments.set(from.alignments.subarray(0, length));
  to.lines.set(from.lines.subarray(0, length));
  to.times.set(from.times.subarray(0, length));
  to.labels.set(from.labels.subarray(0, length));
  return to;
}
