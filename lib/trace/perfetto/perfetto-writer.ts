/** Writes a replay as a trace of Perfetto: https://ui.perfetto.dev opens it. */
import { toInteger } from '../../arguments';
import { toOptions, type Names } from '../../options';
import { isOneOf } from '../operation-kinds';
import type { TraceOperation } from '../operation';
import type { ReplayObserver, ReplayStep } from '../replay-trace';
import type { TraceReplayer } from '../trace-replayer';
import { CounterUnit, TrackEventWriter } from './track-event-writer';

/** Bytes that are written at once. */
const CHUNK_LENGTH = 1 << 16;

/** Nanoseconds from one operation to the next, where the trace does not tell. */
const UNKNOWN_TIME = 1000;

/** Characters of an answer that are kept. */
const ANSWER_LENGTH = 256;

/** How to write. */
export interface PerfettoOptions {
  /** Lanes of an allocator at the most: so many allocations at a time are drawn. Default: 1024. */
  readonly maxLanes?: number | undefined;
}

const PERFETTO_NAMES: Names<PerfettoOptions> = { maxLanes: true };

const MAX_LANES = 1024;

/** Receives the bytes. Whoever writes waits where it gives a promise. */
export type PerfettoSink = (bytes: Uint8Array) => Promise<void> | undefined;

/** The tracks of an allocator, and what is drawn on them. */
interface Tracks {
  readonly group: number;
  readonly used: number;
  readonly clear: number;
  readonly lists: number;
  /** The lanes of lists, by their IDs. */
  readonly drawn: Map<number, number>;
  /** Tracks of the lanes, and of these the ones that are free. */
  readonly lanes: number[];
  readonly freeLanes: number[];
  /** Lists that live, drawn or not. */
  readonly live: Set<number>;
}

const isNew = isOneOf('init', 'buddy.new');
const isAllocation = isOneOf('alloc', 'buddy.alloc', 'buddy.claim');
const isProbe = isOneOf('buddy.probe');
const isFree = isOneOf('free', 'blocks.free', 'blocks.undo');
const isAppend = isOneOf('blocks.append');

/**
 * Observes a replay, and writes it as TrackEvent protobuf: for each allocator counters of bytes in use, of free bytes that are clear,
 * and of lists; a lane for each allocation that lives at a time, with a slice from its allocation to its end; and an instant for each
 * allocation that fails. `finish()` must follow.
 *
 * Times are those of the trace in nanoseconds, and never go back; without any, operations are a microsecond apart.
 */
export class PerfettoWriter implements ReplayObserver {
  readonly #write: PerfettoSink;
  readonly #maxLanes: number;
  readonly #events: TrackEventWriter;
  readonly #allocators = new Map<number, Tracks>();
  #tracks = 0;
  #time = 0;
  #notDrawn = 0;

  /**
   * Makes a writer.
   *
   * @throws TypeError, RangeError if an option is wrong
   */
  static async open(write: PerfettoSink, options?: PerfettoOptions): Promise<PerfettoWriter> {
    const { maxLanes = MAX_LANES } = toOptions('options', options, PERFETTO_NAMES);
    return new PerfettoWriter(await TrackEventWriter.open(), write, toInteger('options.maxLanes', maxLanes));
  }

  private constructor(events: TrackEventWriter, write: PerfettoSink, maxLanes: number) {
    this.#events = events;
    this.#write = write;
    this.#maxLanes = maxLanes;
  }

  /** Allocations that are not drawn, since all lanes were taken. */
  get notDrawn(): number {
    return this.#notDrawn;
  }

  after({ operation, lineNumber, result }: ReplayStep, replayer: TraceReplayer): Promise<void> | undefined {
    if (operation.kind === 'comment' || operation.kind === 'gpu-buddy-trace') return undefined;
    this.#time = Math.max(this.#time, operation.time ?? this.#time + UNKNOWN_TIME);
    const { on = 0 } = operation;
    const tracks = this.#allocators.get(on) ?? this.#open(on, operation);
    if (replayer.errno === 0) this.#draw(tracks, operation, lineNumber, result);
    else if (isAllocation(operation) || isProbe(operation)) this.#fail(tracks, operation, lineNumber, result);
    this.#count(tracks, replayer);
    return this.#events.length < CHUNK_LENGTH ? undefined : this.#write(this.#events.take());
  }

  /** Writes what is left. What lives at the end has no end. */
  async finish(): Promise<void> {
    await this.#write(this.#events.take());
  }

  #open(on: number, operation: TraceOperation): Tracks {
    const group = ++this.#tracks;
    const name = 'name' in operation ? operation.name : undefined;
    this.#events.track(group, name ?? `allocator ${String(on)}`);
    const counter = (title: string, unit: number): number => {
      const track = ++this.#tracks;
      this.#events.counterTrack(track, title, unit, group);
      return track;
    };
    const tracks: Tracks = {
      group,
      used: counter('used', CounterUnit.BYTES),
      clear: counter('free and clear', CounterUnit.BYTES),
      lists: counter('lists', CounterUnit.COUNT),
      drawn: new Map(),
      lanes: [],
      freeLanes: [],
      live: new Set(),
    };
    this.#allocators.set(on, tracks);
    return tracks;
  }

  #draw(tracks: Tracks, operation: TraceOperation, line: number, result: string): void {
    if (isNew(operation) || operation.kind === 'fini') {
      for (const id of [...tracks.live]) this.#end(tracks, id);
    } else if (isAllocation(operation)) {
      const { id, label = `list ${String(id)}` } = operation;
      tracks.live.add(id);
      this.#begin(tracks, id, label, { line, ...sizeOf(operation), answer: shortAnswer(result) });
    } else if (isFree(operation)) {
      this.#end(tracks, operation.id);
    } else if (isAppend(operation) && operation.id !== undefined) {
      tracks.live.add(operation.id);
      this.#end(tracks, operation.other);
    }
  }

  #begin(
    tracks: Tracks,
    id: number,
    name: string,
    annotations: Readonly<Record<string, number | string>>,
  ): void {
    const lane = tracks.freeLanes.pop() ?? this.#newLane(tracks);
    if (lane === undefined) {
      this.#notDrawn++;
      return;
    }
    tracks.drawn.set(id, lane);
    this.#events.begin(this.#time, lane, name, annotations);
  }

  #newLane(tracks: Tracks): number | undefined {
    if (tracks.lanes.length >= this.#maxLanes) return undefined;
    const lane = ++this.#tracks;
    tracks.lanes.push(lane);
    this.#events.track(lane, `lane ${String(tracks.lanes.length)}`, tracks.group);
    return lane;
  }

  #end(tracks: Tracks, id: number): void {
    tracks.live.delete(id);
    const lane = tracks.drawn.get(id);
    if (lane === undefined) return;
    tracks.drawn.delete(id);
    tracks.freeLanes.push(lane);
    this.#events.end(this.#time, lane);
  }

  #fail(
    { group }: Tracks,
    operation: Extract<TraceOperation, { kind: 'alloc' | 'buddy.alloc' | 'buddy.claim' | 'buddy.probe' }>,
    line: number,
    answer: string,
  ): void {
    const name = operation.label ?? 'allocation';
    this.#events.instant(this.#time, group, `failed: ${name}`, {
      line,
      ...sizeOf(operation),
      answer: shortAnswer(answer),
    });
  }

  #count({ used, clear, lists, live }: Tracks, { size, avail, clearAvail }: TraceReplayer): void {
    this.#events.count(this.#time, used, size - avail);
    this.#events.count(this.#time, clear, clearAvail);
    this.#events.count(this.#time, lists, live.size);
  }
}

/** Bytes that an operation asks for, where it says so. */
function sizeOf(operation: TraceOperation): { readonly size?: number } {
  return 'size' in operation && operation.size !== undefined ? { size: Number(operation.size) } : {};
}

/** The error number and the blocks, cut where there are very many. */
function shortAnswer(answer: string): string {
  return (answer.split(' avail=', 1)[0] ?? '').slice(0, ANSWER_LENGTH);
}
