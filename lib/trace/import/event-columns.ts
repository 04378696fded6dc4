/** Keeps the events of a memory snapshot, perhaps tens of millions, in columns, a part at a time. */
import type { Pointer } from './scan';

/** Actions of events, in the order of their codes; `unreadable` if its values can't be read. */
export const EVENT_ACTIONS = [
  'alloc',
  'free_completed',
  'free',
  'oom',
  'segment_alloc',
  'segment_free',
  'segment_map',
  'segment_unmap',
  'free_requested',
  'snapshot',
  'unknown',
  'unreadable',
] as const;

export type EventAction = (typeof EVENT_ACTIONS)[number];

export interface SnapshotEvent {
  readonly action: EventAction;
  readonly address: Pointer;
  /** Bytes that were asked for. */
  readonly size: number;
  /** Bytes that were free at an `oom`; NaN where it is not recorded. */
  readonly free: number;
  /** Microseconds since 1970; NaN where it is not recorded. */
  readonly time: number;
  readonly label: string | undefined;
}

const PART_LENGTH = 1 << 14;

/** `addresses` has the bytes that were free in place of the address of an `oom`, which has none. */
class Part {
  readonly actions = new Uint8Array(PART_LENGTH);
  readonly addresses = new Float64Array(PART_LENGTH);
  readonly sizes = new Float64Array(PART_LENGTH);
  readonly times = new Float64Array(PART_LENGTH);
  readonly labels = new Uint32Array(PART_LENGTH);
}

export class EventColumns implements Iterable<SnapshotEvent> {
  readonly #parts: Part[] = [];
  /** Addresses above 2^53 - 1, by event. */
  readonly #wide = new Map<number, bigint>();
  readonly #labels: (string | undefined)[] = [undefined];
  readonly #labelNumbers = new Map<string, number>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push({ action, address, size, free, time, label }: SnapshotEvent): void {
    const at = this.#length % PART_LENGTH;
    const part = at === 0 ? this.#addPart() : this.#partOf(this.#length);
    part.actions[at] = EVENT_ACTIONS.indexOf(action);
    part.addresses[at] = action === 'oom' ? free : Number(address);
    if (typeof address === 'bigint') this.#wide.set(this.#length, address);
    part.sizes[at] = size;
    part.times[at] = time;
    part.labels[at] = this.#numberOf(label);
    this.#length++;
  }

  *[Symbol.iterator](): Generator<SnapshotEvent, undefined> {
    for (let index = 0; index < this.#length; index++) yield this.#eventAt(index);
    return undefined;
  }

  #eventAt(index: number): SnapshotEvent {
    const at = index % PART_LENGTH;
    const part = this.#partOf(index);
    const action = EVENT_ACTIONS[part.actions[at] ?? 0] ?? 'unknown';
    const address = part.addresses[at] ?? 0;
    return {
      action,
      address: action === 'oom' ? 0 : (this.#wide.get(index) ?? address),
      size: part.sizes[at] ?? 0,
      free: action === 'oom' ? address : NaN,
      time: part.times[at] ?? NaN,
      label: this.#labels[part.labels[at] ?? 0],
    };
  }

  #addPart(): Part {
    const part = new Part();
    this.#parts.push(part);
    return part;
  }

  #partOf(index: number): Part {
    const part = this.#parts[Math.floor(index / PART_LENGTH)];
    if (!part) throw new RangeError(`There is no event ${index}.`);
    return part;
  }

  #numberOf(label: string | undefined): number {
    if (label === undefined) return 0;
    let number = this.#labelNumbers.get(label);
    if (number === undefined) {
      number = this.#labels.push(label) - 1;
      this.#labelNumbers.set(label, number);
    }
    return number;
  }
}
