/** Reads the log of Android's memory_replay: `TID: malloc PTR SIZE` and the like. What follows on a line, such as times, is not kept. */
import { lineFormat } from './line-format';
import { toDecimal, toPointer } from './scan';
import type { Tracker } from './tracker';

const LINE = /^\d+: (malloc|calloc|memalign|realloc|free|thread_done) 0x[0-9a-f]+( |$)/;

/** Alignment of malloc() on 64-bit Android. */
const UNIT = 16;

export const aosp = lineFormat({
  name: 'aosp',
  unit: UNIT,
  matches: (line) => LINE.test(line),
  reader: (tracker) => (line) => {
    if (!readLine(line, tracker)) tracker.note('unreadable');
  },
});

/** Returns false if a field is no number. */
function readLine(line: string, tracker: Tracker): boolean {
  const [tid = '', action = '', pointer = '', first = '', second = ''] = line.split(' ');
  const thread = tid.endsWith(':') ? toDecimal(tid.slice(0, -1)) : -1;
  const address = toPointer(pointer);
  if (thread < 0 || address === -1) return false;
  tracker.thread = thread;
  switch (action) {
    case 'malloc':
      return allocate(tracker, address, toDecimal(first));
    case 'calloc': {
      const count = toDecimal(first);
      const size = toDecimal(second);
      return allocate(tracker, address, count < 0 || size < 0 ? -1 : count * size);
    }
    case 'memalign':
      if (toDecimal(first) > UNIT) tracker.note('alignment');
      return allocate(tracker, address, toDecimal(second));
    case 'realloc': {
      const from = toPointer(first);
      const size = toDecimal(second);
      if (from === -1 || size < 0) return false;
      tracker.reallocate(from, address, size);
      return true;
    }
    case 'free':
      tracker.free(address);
      return true;
    case 'thread_done':
      tracker.note('no-operation');
      return true;
    default:
      tracker.note('unknown-action');
      return true;
  }
}

function allocate(tracker: Tracker, pointer: ReturnType<typeof toPointer>, size: number): boolean {
  if (!Number.isSafeInteger(size) || size < 0) return false;
  tracker.allocate(pointer, size);
  return true;
}
