/**
 * Writes Perfetto's TrackEvent protobuf, packet by packet: tracks, counters, slices and instants. Knows the fields that it needs of
 * `perfetto.protos.Trace`, and nothing of allocators.
 */
import type { PbfWriter } from 'pbf' with { 'resolution-mode': 'import' };

/** `Trace.packet` */
const PACKET = 1;

/** Fields of `TracePacket`. */
const TIMESTAMP = 8;
const SEQUENCE_ID = 10;
const TRACK_EVENT = 11;
const TRACK_DESCRIPTOR = 60;

/** The number of the one writer that all packets come from: any but 0. */
const SEQUENCE = 1;

/** `TrackEvent.Type` */
const SLICE_BEGIN = 1;
const SLICE_END = 2;
const INSTANT = 3;
const COUNTER = 4;

/** The unit of a counter: `CounterDescriptor.Unit`. */
export const CounterUnit = { COUNT: 2, BYTES: 3 } as const;

/** Values that stand beside an event, by their names. */
export type Annotations = Readonly<Record<string, number | string>>;

interface Event {
  readonly type: number;
  readonly track: number;
  readonly name?: string;
  readonly value?: number;
  readonly annotations?: Annotations;
}

interface Track {
  readonly id: number;
  readonly name: string;
  readonly parent: number | undefined;
  readonly unit: number | undefined;
}

export class TrackEventWriter {
  readonly #writer: PbfWriter;

  /** Loads the encoder, which is an ES module. */
  static async open(): Promise<TrackEventWriter> {
    const pbf = await import('pbf');
    return new TrackEventWriter(new pbf.PbfWriter());
  }

  private constructor(writer: PbfWriter) {
    this.#writer = writer;
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#writer.pos;
  }

  /** Takes what was written; it stays valid. */
  take(): Uint8Array {
    const bytes = this.#writer.buf.slice(0, this.#writer.pos);
    this.#writer.pos = 0;
    return bytes;
  }

  /** Describes a track, before its first event. The identity is any number but 0. */
  track(id: number, name: string, parent?: number): void {
    this.#describe({ id, name, parent, unit: undefined });
  }

  /** Describes a track of numbers. */
  counterTrack(id: number, name: string, unit: number, parent?: number): void {
    this.#describe({ id, name, parent, unit });
  }

  /** Begins a slice on a track; the slices of a track are nested, or follow one another. `time`: nanoseconds. */
  begin(time: number, track: number, name: string, annotations: Annotations): void {
    this.#event(time, { type: SLICE_BEGIN, track, name, annotations });
  }

  /** Ends the slice that was begun last on the track. */
  end(time: number, track: number): void {
    this.#event(time, { type: SLICE_END, track });
  }

  instant(time: number, track: number, name: string, annotations: Annotations): void {
    this.#event(time, { type: INSTANT, track, name, annotations });
  }

  count(time: number, track: number, value: number): void {
    this.#event(time, { type: COUNTER, track, value });
  }

  #describe(track: Track): void {
    this.#writer.writeMessage(
      PACKET,
      (_, packet) => {
        packet.writeVarintField(SEQUENCE_ID, SEQUENCE);
        packet.writeMessage(TRACK_DESCRIPTOR, writeTrack, track);
      },
      undefined,
    );
  }

  #event(time: number, event: Event): void {
    this.#writer.writeMessage(
      PACKET,
      (_, packet) => {
        packet.writeVarintField(TIMESTAMP, time);
        packet.writeVarintField(SEQUENCE_ID, SEQUENCE);
        packet.writeMessage(TRACK_EVENT, writeEvent, event);
      },
      undefined,
    );
  }
}

/** `TrackDescriptor` */
function writeTrack({ id, name, parent, unit }: Track, message: PbfWriter): void {
  message.writeVarintField(1, id);
  message.writeStringField(2, name);
  if (parent !== undefined) message.writeVarintField(5, parent);
  if (unit !== undefined) message.writeMessage(8, writeCounter, unit);
}

/** `CounterDescriptor` */
function writeCounter(unit: number, message: PbfWriter): void {
  message.writeVarintField(3, unit);
}

/** `TrackEvent` */
function writeEvent({ type, track, name, value, annotations = {} }: Event, message: PbfWriter): void {
  for (const annotation of Object.entries(annotations)) message.writeMessage(4, writeAnnotation, annotation);
  message.writeVarintField(9, type);
  message.writeVarintField(11, track);
  if (name !== undefined) message.writeStringField(23, name);
  if (value !== undefined) message.writeVarintField(30, value);
}

/** `DebugAnnotation` */
function writeAnnotation([name, value]: [string, number | string], message: PbfWriter): void {
  if (typeof value === 'number') message.writeVarintField(3, value);
  else message.writeStringField(6, value);
  message.writeStringField(10, name);
}
