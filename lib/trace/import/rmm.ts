/**
 * Reads the log of RMM's logging_resource_adaptor: `Thread,Time,Action,Pointer,Size,Stream`, one device a file. Streams are not
 * kept.
 */
import { lineFormat } from './line-format';
import { toDecimal, toPointer } from './scan';
import { TimeOfDay } from './time-of-day';
import type { Tracker } from './tracker';

const HEADER = 'Thread,';
const LINE = /^\d+,\d\d:\d\d:\d\d[.:]\d+,[^,]+,[^,]*,\d+(,|$)/;

export const rmm = lineFormat({
  name: 'rmm',
  // The alignment of cudaMalloc() and of RMM's own pools.
  unit: 256,
  matches: (line) => line.startsWith('Thread,Time,Action,') || LINE.test(line),
  deviceOf: (file) => {
    const [, device] = /\.dev(\d+)\.[^/\\]*$/.exec(file) ?? [];
    return device === undefined ? undefined : Number(device);
  },
  reader: (tracker) => {
    const clock = new TimeOfDay();
    return (line) => {
      readLine(line, tracker, clock);
    };
  },
});

/** The fields are looked at where they stand: splitting lines takes twice as long. */
function readLine(line: string, tracker: Tracker, clock: TimeOfDay): void {
  const thread = line.indexOf(',');
  const time = line.indexOf(',', thread + 1);
  const action = line.indexOf(',', time + 1);
  const pointer = line.indexOf(',', action + 1);
  const size = line.indexOf(',', pointer + 1);
  if (line.startsWith(HEADER)) {
    tracker.note('header');
    return;
  }
  // A comma that is missing leaves a field empty, or two of them in one: no number then.
  const number = toDecimal(line, 0, thread);
  const now = clock.read(line, thread + 1, time);
  const address = toPointer(line, action + 1, pointer);
  const bytes = toDecimal(line, pointer + 1, size < 0 ? line.length : size);
  if (number < 0 || now < 0 || address === -1 || bytes < 0) {
    tracker.note('unreadable');
    return;
  }
  if (clock.hasTurned) tracker.note('midnight');
  tracker.thread = number;
  tracker.time = now;
  switch (line.slice(time + 1, action)) {
    case 'allocate':
      tracker.allocate(address, bytes);
      break;
    case 'free':
      tracker.free(address, bytes);
      break;
    case 'allocate failure':
      tracker.fail(bytes);
      break;
    default:
      tracker.note('unknown-action');
  }
}
