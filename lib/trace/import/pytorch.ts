/** Reads memory snapshots of PyTorch: what lives at the end, and the events that led there, of one device. */
import { systemReason } from '../system-reason';
import type { TraceOperation } from '../operation';
import { TraceError } from '../trace-error';
import type { EventColumns, SnapshotEvent } from './event-columns';
import { FrameLabels } from './frame-labels';
import { isDict, isList, type PickledValue } from './pickle/unpickler';
import { unpickle } from './pickle/unpickle';
import type { FormatOptions, OpenRecording, RecordingFormat } from './recording-format';
import type { Pointer } from './scan';
import { blocksByDevice, type DeviceBlocks, type LiveBlock } from './snapshot-blocks';
import { SnapshotEvents } from './snapshot-events';
import type { Tracker } from './tracker';

/** Unit in bytes of PyTorch's allocator. */
const UNIT = 512;
/** Operations that are given at a time. */
const BATCH = 4096;

const PROTO = 0x80;
const MAX_PROTOCOL = 5;

export const pytorch: RecordingFormat = {
  name: 'pytorch',
  recordName: 'event',
  matches: ({ bytes }) => bytes[0] === PROTO && (bytes[1] ?? 0) <= MAX_PROTOCOL,
  open: async (recording, options) => {
    const labels = new FrameLabels(options);
    const events = new SnapshotEvents(labels);
    const value = await unpickle(recording, events.absorb, options.onProgress);
    try {
      return new DeviceSnapshot(partsOf(value), events, labels, options);
    } catch (error) {
      throw new TraceError({ file: recording.name }, `is no memory snapshot: ${systemReason(error)}`, {
        cause: error,
      });
    }
  },
};

interface Parts {
  readonly segments: readonly PickledValue[];
  /** A list of events for each device. */
  readonly traces: readonly PickledValue[];
}

/** @throws Error */
function partsOf(value: PickledValue): Parts {
  // Old snapshots are the segments alone.
  if (isList(value)) return { segments: value, traces: [] };
  const segments = isDict(value) ? value['segments'] : undefined;
  if (!isDict(value) || !isList(segments)) throw new Error('it has no segments');
  const traces = value['device_traces'] ?? [];
  if (!isList(traces)) throw new Error('its device_traces are no list');
  return { segments, traces };
}

/** A block that was allocated before the first event. */
type EarlierBlock = LiveBlock & { readonly isFreedLater: boolean };

class DeviceSnapshot implements OpenRecording {
  readonly unit = UNIT;
  readonly started: string | undefined;
  readonly reserved: number;
  readonly #device: number;
  readonly #isGuess: boolean;
  readonly #events: EventColumns;
  readonly #blocks: readonly LiveBlock[];
  /** Records of the devices that were not taken. */
  readonly #others: number;
  readonly #firstTime: number;

  /** @throws Error */
  constructor(
    { segments, traces }: Parts,
    events: SnapshotEvents,
    labels: FrameLabels,
    { device }: FormatOptions,
  ) {
    const blocks = blocksByDevice(segments, UNIT, labels);
    const counts = countsByDevice(blocks, traces, events);
    const known = [...counts.keys()].filter((number) => (counts.get(number) ?? 0) > 0).sort((a, b) => a - b);
    if (device !== undefined && !known.includes(device))
      throw new Error(`it has nothing of device ${device}, only of ${known.join(', ') || 'none'}`);
    this.#device = device ?? known[0] ?? 0;
    this.#isGuess = device === undefined && known.length > 1;
    this.#events = events.of(traces[this.#device]);
    const own = blocks.get(this.#device);
    this.#blocks = own?.blocks ?? [];
    this.reserved = mostReserved(own?.reserved ?? 0, this.#events);
    this.#others = [...counts].reduce(
      (sum, [number, count]) => sum + (number === this.#device ? 0 : count),
      0,
    );
    this.#firstTime = firstTimeOf(this.#events);
    this.started = momentOf(this.#firstTime);
  }

  *play(tracker: Tracker): Generator<readonly TraceOperation[], undefined> {
    tracker.device = this.#device;
    if (this.#isGuess) tracker.note('device');
    if (this.#others > 0) tracker.note('other-device', this.#others);
    const earlier = this.#earlierBlocks();
    for (const block of earlier) {
      noteEarlier(block, tracker);
      tracker.allocate(block.address, block.size, block.label);
      if (tracker.length >= BATCH) yield tracker.take();
    }
    if (earlier.length > 0) yield [...tracker.take(), { kind: 'begin' }];
    for (const event of this.#events) {
      tracker.next();
      this.#play(event, tracker);
      if (tracker.length >= BATCH) yield tracker.take();
    }
    yield tracker.take();
    return undefined;
  }

  #play({ action, address, size, free, time, label }: SnapshotEvent, tracker: Tracker): void {
    tracker.time = Number.isNaN(time) ? undefined : Math.max(0, time - this.#firstTime) * 1000;
    switch (action) {
      case 'alloc':
        tracker.allocate(address, size, label);
        break;
      case 'free_completed':
      case 'free':
        tracker.free(address, size);
        break;
      case 'oom':
        tracker.fail(size, Number.isNaN(free) ? undefined : free);
        break;
      case 'unknown':
        tracker.note('unknown-action');
        break;
      case 'unreadable':
        tracker.note('unreadable');
        break;
      case 'segment_alloc':
      case 'segment_free':
      case 'segment_map':
      case 'segment_unmap':
      case 'free_requested':
      case 'snapshot':
        tracker.note('no-operation');
    }
  }

  /** Blocks that lived before the first event, by address: those that no event allocated but lives at the end, or is freed. */
  #earlierBlocks(): EarlierBlock[] {
    const earlier = new Map<Pointer, EarlierBlock>();
    const mentioned = new Set<Pointer>();
    for (const { action, address, size } of this.#events) {
      const isFree = action === 'free' || action === 'free_completed';
      if ((action !== 'alloc' && !isFree) || mentioned.has(address)) continue;
      mentioned.add(address);
      if (isFree && address !== 0) earlier.set(address, freedLater(address, size));
    }
    for (const block of this.#blocks)
      if (!mentioned.has(block.address)) earlier.set(block.address, { ...block, isFreedLater: false });
    return [...earlier.values()].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  }
}

/** A block that is known only by its free. */
function freedLater(address: Pointer, size: number): EarlierBlock {
  return { address, size, isLarger: false, isPlaced: false, label: undefined, isFreedLater: true };
}

function noteEarlier({ isLarger, isPlaced, isFreedLater }: EarlierBlock, tracker: Tracker): void {
  tracker.note('lived-before');
  if (isFreedLater) tracker.note('freed-later');
  if (isLarger) tracker.note('requested');
  if (isPlaced) tracker.note('address');
}

/** Counts events and live blocks by device. */
function countsByDevice(
  blocks: ReadonlyMap<number, DeviceBlocks>,
  traces: readonly PickledValue[],
  events: SnapshotEvents,
): Map<number, number> {
  const counts = new Map(traces.map((trace, device) => [device, events.of(trace).length]));
  for (const [device, { blocks: live }] of blocks)
    counts.set(device, (counts.get(device) ?? 0) + live.length);
  return counts;
}

/** The most bytes that segments had at a time, reckoned back from the end. */
function mostReserved(atEnd: number, events: EventColumns): number {
  let change = 0;
  let most = 0;
  for (const { action, size } of events) {
    if (action === 'segment_alloc' || action === 'segment_map') change += size;
    else if (action === 'segment_free' || action === 'segment_unmap') change -= size;
    most = Math.max(most, change);
  }
  return atEnd - change + most;
}

function firstTimeOf(events: EventColumns): number {
  // Rounded to milliseconds, since the header is written so.
  for (const { time } of events) if (!Number.isNaN(time)) return Math.floor(time / 1000) * 1000;
  return NaN;
}

/** Microseconds since 1970 as in RFC 3339. */
function momentOf(micros: number): string | undefined {
  const date = new Date(micros / 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
