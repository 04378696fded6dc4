// Version 2 of the trace format: each form, as text and as JSON, and the library's calls replayed.
import { describe, expect, test } from '@jest/globals';
import { formatOperation, parseOperation, toJsonLine, TraceError } from 'gpu-buddy/trace';
import { linesOf, readAll, resultsOf } from './lines';

const HEADER =
  'gpu-buddy-trace 2 kernel="7.3.4" library="0.1.0" source="journal" started="2026-11-28T10:00:00.000Z"';

/** A line of each form, as `formatOperation()` writes it. */
const LINES = [
  '# a comment',
  'gpu-buddy-trace 2',
  HEADER,
  'init 0x100000 0x1000',
  'alloc 3 0x0 0xfffffffffffff000 0x1000 0x1000 0x5 seq=1 on=2',
  'free 3 0x10',
  'trim 3 - 0x1000',
  'free_block 3 1',
  'reset_clear 1',
  'lookup 0x1000 => 0 null avail=0x0 clear_avail=0x0',
  'print',
  'fini',
  'buddy.new - 0x200',
  'buddy.new 0x100000 0x1000 baseOffset=0x8000000000000000 maxSteps=16000000 maxNativeBytes=0 name="frames"',
  'buddy.alloc 3 0x3000',
  'buddy.alloc 3 0x3000 minBlockSize=0x1000 range=0x0..0x10000 topDown contiguous clear trimDisable tag=7 account=1 seq=7 time=81230 thread=2 label="a \\"b\\" => c.ts:3" on=1',
  'buddy.probe 0x3000 topDown free=0x2000',
  'buddy.claim 4 0x0:3 0x10000:4 tag=1 account=2',
  'buddy.claim 4 0x0:3:1 0x10000:4:0',
  'buddy.clear 0x0:3',
  'buddy.resetClear 0',
  'blocks.free 3 cleared',
  'blocks.free 3',
  'blocks.undo 3',
  'blocks.freeBlock 3 0 cleared',
  'blocks.trim 3 0x1000 start=0x4000',
  'blocks.extend 3 0x1000',
  'blocks.append 3 4 tag=9',
  'blocks.append - 4 tag=9',
  'account.open 1',
  'account.update 1 limit=0x10000 reserved=0x1000',
  'account.close 1',
  'begin',
  'gap 12 seq=5',
  'poisoned',
];

describe('a line of the second version', () => {
  test.each(LINES)('%s is read and written back', (line) => {
    expect(formatOperation(parseOperation(line))).toBe(line);
  });

  test.each(LINES)('%s is the same as JSON', (line) => {
    const operation = parseOperation(line);
    const json = toJsonLine(operation);
    expect(formatOperation(parseOperation(json))).toBe(line);
    expect(JSON.parse(json)).toMatchObject({ kind: operation.kind });
  });

  test.each<[line: string, reason: string, column: number]>([
    ['gpu-buddy-trace 3', 'version 3 is unknown to this release, which reads 1 and 2', 17],
    ['buddy.alloc 1', 'SIZE is missing in "buddy.alloc ID SIZE"', 14],
    ['buddy.alloc 1 0x1000 contigous', 'a field too many', 22],
    ['buddy.alloc 1 0x1000 colour=3', 'unknown option "colour"', 22],
    ['buddy.alloc 1 0x1000 contiguous=1', 'contiguous takes no value', 22],
    ['buddy.alloc 1 0x1000 tag', 'tag takes a value', 22],
    ['buddy.alloc 1 0x1000 tag=1 tag=2', 'tag stands here twice', 28],
    ['buddy.alloc 1 0x1000 tag=0x1', 'tag "0x1" is hexadecimal', 26],
    ['buddy.alloc 1 0x1000 label=here', 'label must be text in double quotes', 28],
    ['buddy.alloc 1 0x1000 label="here', 'label must be text in double quotes', 28],
    ['buddy.alloc 1 0x1000 label="\\x"', 'label must be text in double quotes', 28],
    ['buddy.alloc 1 0x1000 range=5', 'range "" is neither', 28],
    ['buddy.alloc 1 0x1000 range=0..1..2', 'range must be START..END', 28],
    ['buddy.alloc 1 0x1000 range=0..0x10000000000000000', 'range does not fit in 64 bits', 28],
    ['buddy.alloc 1 0x1000 =>', 'the answer is missing', 24],
    ['buddy.claim 1', 'BLOCK... is missing', 14],
    ['buddy.claim 1 0x0', 'BLOCK... must be OFFSET:ORDER', 15],
    ['buddy.claim 1 0x0:1 0x1000:x', 'BLOCK... must be OFFSET:ORDER', 21],
    ['begin 1', 'a field too many', 7],
  ])('%s is refused at its place', (line, reason, column) => {
    let thrown: unknown;
    try {
      parseOperation(line);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TraceError);
    expect((thrown as TraceError).reason).toContain(reason);
    expect((thrown as TraceError).column).toBe(column);
  });

  test.each([
    '{"kind":"gpu-buddy-trace","version":3}',
    '{"kind":"buddy.alloc","id":1}',
    '{"kind":"buddy.alloc","id":1,"size":-1}',
    '{"kind":"nope"}',
    '{"kind":',
  ])('%s is refused as JSON', (line) => {
    expect(() => parseOperation(line)).toThrow(TraceError);
  });
});

/** Operations, and what they answer: all of the library's calls on a space of 16 chunks. */
const PLAY: readonly (readonly [line: string, answer: string])[] = [
  [HEADER, HEADER],
  ['buddy.new 0x10000 0x1000', '0 avail=0x10000 clear_avail=0x0'],
  ['account.open 1', '0 avail=0x10000 clear_avail=0x0'],
  ['buddy.claim 1 0x0:1:1 0x2000:0:0 tag=3 account=1', '0 0x0:1:1 0x2000:0:0 avail=0xd000 clear_avail=0x0'],
  ['buddy.clear 0x8000:2', '0 avail=0xd000 clear_avail=0x4000'],
  ['account.update 1 limit=0x5000 reserved=0x4000', '0 avail=0xd000 clear_avail=0x4000'],
  ['begin', '0 avail=0xd000 clear_avail=0x4000'],
  ['buddy.alloc 2 0x2000 account=1', '0 0xe000:1:0 avail=0xb000 clear_avail=0x4000'],
  ['buddy.alloc 3 0x1000 account=1', '-28 avail=0xb000 clear_avail=0x4000'],
  ['buddy.alloc 3 0x3000', '0 0xc000:1:0 0x3000:0:0 avail=0x8000 clear_avail=0x4000'],
  ['blocks.free 2 cleared', '0 avail=0xa000 clear_avail=0x6000'],
  ['buddy.alloc 2 0x1000 topDown label="late"', '0 0x7000:0:0 avail=0x9000 clear_avail=0x6000'],
  ['blocks.extend 2 0x1000', '0 0x7000:0:0 0x8000:0:1 avail=0x8000 clear_avail=0x5000'],
  ['blocks.append 3 2 tag=9', '0 avail=0x8000 clear_avail=0x5000'],
  ['blocks.append - 3 tag=10', '0 avail=0x8000 clear_avail=0x5000'],
  ['blocks.freeBlock 3 0 cleared', '0 0x3000:0:0 0x7000:0:0 0x8000:0:1 avail=0xa000 clear_avail=0x7000'],
  ['blocks.freeBlock 3 9', '-22 0x3000:0:0 0x7000:0:0 0x8000:0:1 avail=0xa000 clear_avail=0x7000'],
  ['buddy.alloc 4 0x4000 contiguous range=0x8000..0x10000', '0 0xc000:2:1 avail=0x6000 clear_avail=0x3000'],
  ['buddy.alloc 5 0x4000 minBlockSize=0x4000', '-28 avail=0x6000 clear_avail=0x3000'],
  ['buddy.probe 0x4000', '0 0x4000:1:0 0xa000:1:1 avail=0x2000 clear_avail=0x1000'],
  ['buddy.alloc 5 0x2000', '0 0x4000:1:0 avail=0x4000 clear_avail=0x3000'],
  ['blocks.trim 5 0x1000 start=0x5000', '0 0x5000:0:0 avail=0x5000 clear_avail=0x3000'],
  ['blocks.trim 5 0x1000 start=0x7000', '-22 0x5000:0:0 avail=0x5000 clear_avail=0x3000'],
  ['blocks.undo 5', '0 avail=0x6000 clear_avail=0x3000'],
  ['buddy.resetClear 1', '0 avail=0x6000 clear_avail=0x6000'],
  ['account.close 1', '0 avail=0x6000 clear_avail=0x6000'],
  ['blocks.free 1', '0 avail=0x9000 clear_avail=0x6000'],
  ['blocks.free 3', '0 avail=0xc000 clear_avail=0x6000'],
  ['blocks.free 4', '0 avail=0x10000 clear_avail=0x6000'],
  ['buddy.alloc 3 0x1000 => -12 avail=0x1 clear_avail=0x2', '-12 avail=0x1 clear_avail=0x2'],
  ['buddy.new 0x400 0x100 on=1', '0 avail=0x400 clear_avail=0x0'],
  ['buddy.alloc 1 0x300 on=1', '0 0x200:1:0 0x100:0:0 avail=0x100 clear_avail=0x0'],
  ['buddy.alloc 1 0x1000', '0 0x8000:0:0 avail=0xf000 clear_avail=0x6000'],
  ['blocks.free 1', '0 avail=0x10000 clear_avail=0x6000'],
  ['blocks.free 1 on=1', '0 avail=0x400 clear_avail=0x0'],
  ['fini on=1', '0 avail=0x0 clear_avail=0x0'],
  ['fini', '0 avail=0x0 clear_avail=0x0'],
];
test('replays the calls of the library', async () => {
  const answers = await resultsOf(PLAY.map(([line]) => `${line}\n`).join(''));
  expect(answers).toEqual(PLAY.map(([, answer]) => answer));
});

test('reads a trace in lines of JSON', async () => {
  const lines = await readAll(
    linesOf(PLAY.map(([line]) => `${toJsonLine(parseOperation(line))}\n`).join('')),
  );
  const answers = await resultsOf(lines.map((line) => `${line}\n`).join(''));
  expect(answers).toEqual(PLAY.map(([, answer]) => answer));
});
