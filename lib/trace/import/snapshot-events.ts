/** Takes the events out of a memory snapshot while it is read, so that their dicts need not be kept. */
import { EVENT_ACTIONS, EventColumns, type EventAction, type SnapshotEvent } from './event-columns';
import type { FrameLabels } from './frame-labels';
import {
  isDict,
  isList,
  type Absorb,
  type PickledDict,
  type PickledList,
  type PickledValue,
} from './pickle/unpickler';
import type { Pointer } from './scan';

const ACTIONS: ReadonlyMap<string, EventAction> = new Map(EVENT_ACTIONS.map((action) => [action, action]));

export class SnapshotEvents {
  readonly #labels: FrameLabels;
  readonly #columns = new WeakMap<PickledList, EventColumns>();

  constructor(labels: FrameLabels) {
    this.#labels = labels;
  }

  /** Takes dicts that have an `action`: nothing but events has one. */
  readonly absorb: Absorb = (list, items) => {
    let columns = this.#columns.get(list);
    if (!columns && !isEvent(items[0])) return false;
    if (!columns) {
      columns = new EventColumns();
      this.#columns.set(list, columns);
    }
    for (const item of items) columns.push(this.#eventOf(isDict(item) ? item : {}));
    return true;
  };

  /** The events that were in a list. */
  of(list: PickledValue | undefined): EventColumns {
    return (isList(list) ? this.#columns.get(list) : undefined) ?? new EventColumns();
  }

  #eventOf({ action, addr, size, device_free: free, time_us: time, frames }: PickledDict): SnapshotEvent {
    const known = typeof action === 'string' ? (ACTIONS.get(action) ?? 'unknown') : 'unreadable';
    const address = known === 'oom' ? 0 : toAddress(addr);
    const bytes = toSize(size);
    return {
      action: address === undefined || bytes === undefined ? 'unreadable' : known,
      address: address ?? 0,
      size: bytes ?? 0,
      free: toSize(free) ?? NaN,
      time: typeof time === 'number' ? time : NaN,
      label: known === 'alloc' ? this.#labels.labelOf(frames) : undefined,
    };
  }
}

function isEvent(value: PickledValue | undefined): boolean {
  return isDict(value) && typeof value['action'] === 'string';
}

/** An address in a snapshot, or `undefined`. */
export function toAddress(value: PickledValue | undefined): Pointer | undefined {
  if (typeof value === 'bigint') return value;
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** Bytes in a snapshot, or `undefined`. */
export function toSize(value: PickledValue | undefined): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
