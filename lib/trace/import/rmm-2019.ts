/**
 * Reads the log that RMM wrote in 2019: `Event Type,Device ID,Address,Stream,Size (bytes),…,Start,…,Location`, several devices a
 * file. A free has the size 0 there.
 */
import { lineFormat } from './line-format';
import type { FormatOptions } from './recording-format';
import { toDecimal, toPointer } from './scan';
import type { Tracker } from './tracker';

const HEADER = 'Event Type';
const LINE = /^(Alloc|Realloc|Free),\d+,[^,]*,[^,]*,\d+,/;

/** The columns of the fields. */
const ACTION = 0;
const DEVICE = 1;
const POINTER = 2;
const SIZE = 4;
const START = 8;

export const rmm2019 = lineFormat({
  name: 'rmm-2019',
  unit: 256,
  matches: (line) => line.startsWith(`${HEADER},Device ID,`) || LINE.test(line),
  reader: (tracker, options) => {
    const reader = new Rmm2019Reader(tracker, options);
    return (line) => {
      reader.read(line);
    };
  },
});

class Rmm2019Reader {
  readonly #tracker: Tracker;
  /** True if no device was chosen, and there was only one until now. */
  #isGuess: boolean;
  #firstStart: number | undefined;

  constructor(tracker: Tracker, { device }: FormatOptions) {
    this.#tracker = tracker;
    tracker.device = device;
    this.#isGuess = device === undefined;
  }

  read(line: string): void {
    const tracker = this.#tracker;
    const fields = line.split(',');
    const action = fields[ACTION] ?? '';
    if (action === HEADER) {
      tracker.note('header');
      return;
    }
    const device = toDecimal(fields[DEVICE] ?? '');
    const pointer = toPointer(fields[POINTER] ?? '');
    const size = toDecimal(fields[SIZE] ?? '');
    if (device < 0 || pointer === -1 || size < 0) {
      tracker.note('unreadable');
      return;
    }
    tracker.device ??= device;
    if (device !== tracker.device) {
      if (this.#isGuess) tracker.note('device');
      this.#isGuess = false;
      tracker.note('other-device');
      return;
    }
    tracker.time = this.#time(fields[START] ?? '');
    this.#act(action, pointer, size);
  }

  #act(action: string, pointer: ReturnType<typeof toPointer>, size: number): void {
    const tracker = this.#tracker;
    switch (action) {
      case 'Alloc':
        tracker.allocate(pointer, size);
        break;
      case 'Realloc':
        // The log has the new address only: an old one that differs is met where it is allocated again.
        tracker.reallocate(tracker.isLive(pointer) ? pointer : 0, pointer, size);
        break;
      case 'Free':
        tracker.free(pointer, size === 0 ? undefined : size);
        break;
      default:
        tracker.note('unknown-action');
    }
  }

  /** Nanoseconds since the first start, which is in seconds. */
  #time(start: string): number | undefined {
    const seconds = start === '' ? NaN : Number(start);
    if (!Number.isFinite(seconds)) return undefined;
    this.#firstStart ??= seconds;
    return Math.max(0, Math.round((seconds - this.#firstStart) * 1e9));
  }
}
