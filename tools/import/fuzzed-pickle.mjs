// Makes pickles that are nearly right: a snapshot with bytes changed, cut out or doubled, or opcodes in any order.
import { Tuple, pickled } from './pickle-writer.mjs';

/** @typedef {import('../oracle/generator/random.mjs').Random} Random */

/** The opcodes of plain data without arguments, and a few that are refused. */
const OPCODES = Buffer.from('N](e)tau}sd01.R2\u0088\u0089\u0085\u0086\u0087\u0094\u0093\u0081', 'latin1');

/** @param {Random} random */
export function fuzzedPickle(random) {
  return random.below(2) === 0
    ? changed(pickled(snapshot(random), random.below(2) === 0 ? 2 : 4), random)
    : madeUp(random);
}

/** @param {Random} random */
function snapshot(random) {
  const frame = { name: 'f', filename: 'a.py', line: 1 };
  const events = Array.from({ length: random.below(8) }, () => ({
    action: ['alloc', 'free', 'free_completed', 'oom', 'segment_alloc', 'odd'][random.below(6)],
    addr: random.below(4) * 512,
    size: random.below(4) * 100,
    frames: [frame],
  }));
  const blocks = [{ address: 4096, size: 512, state: 'active_allocated', frames: [frame] }];
  return { segments: [{ blocks, id: new Tuple([1, 2, 3, 4]) }], device_traces: [events] };
}

/** @param {Buffer} bytes @param {Random} random */
function changed(bytes, random) {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  const end = Math.min(copy.length, at + random.below(16));
  switch (random.below(4)) {
    case 0:
      copy[at] = random.below(256);
      return copy;
    case 1:
      copy[at] = OPCODES[random.below(OPCODES.length)] ?? 0;
      return copy;
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(end)]);
    default:
      return Buffer.concat([copy.subarray(0, end), copy.subarray(at)]);
  }
}

/** @param {Random} random */
function madeUp(random) {
  const parts = [Buffer.of(0x80, 2 + random.below(4))];
  for (let i = random.below(60); i > 0; i--) {
    const opcode = OPCODES[random.below(OPCODES.length)] ?? 0;
    parts.push(
      [
        () => Buffer.of(opcode),
        () => Buffer.of(0x4b, random.below(256)),
        () => Buffer.of(0x68, random.below(8)),
        () => Buffer.of(0x71, random.below(8)),
        () => Buffer.of(0x8a, random.below(12), random.below(256), random.below(256)),
        () =>
          Buffer.concat([
            Buffer.of(0x8c, 6),
            Buffer.from(['action', 'blocks', 'frames'][random.below(3)] ?? ''),
          ]),
      ][random.below(6)]?.() ?? Buffer.alloc(0),
    );
  }
  return Buffer.concat([...parts, Buffer.from('.')]);
}
