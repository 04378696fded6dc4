// Logs of RMM: each oddity is counted, and becomes what a trace can say.
import { describe, expect, test } from '@jest/globals';
import { imported, short } from '../../support/imported';

/** Four allocations, four frees of which one is made up, three failures, and one of each oddity, or two. */
const QUIRKS = [
  'Thread,Time,Action,Pointer,Size,Stream',
  '7,23:59:59.999990,allocate,0x7f0000000000,1000,0x0',
  '7,23:59:59.999995,allocate,0x7f0000001000,256,0x2',
  '8,00:00:00.000005,allocate failure,(nil),1024,0x0',
  '8,00:00:00.000010,free,(nil),0,0x0',
  '8,00:00:00.000015,free,,0,0x0',
  '7,00:00:00.000020,free,0x7f000000dead,256,0x0',
  '7,00:00:00.000025,allocate,0x7f0000000000,512,0x0',
  '7,00:00:00.000030,free,0x7f0000001000,512,0x2',
  '7,00:00:00.000035,resize,0x7f0000000000,512,0x0',
  '9,00:00:00.000040,allocate failure,0x0,2048,0x0',
  'Thread,Time,Action,Pointer,Size,Stream',
  '9,00:00:00.000045,allocate,0xffff8000000000f0,100,0x0',
  '9,00:00:00.000050,free,0xffff8000000000f0,100,0x0',
  '9,00:00:00.000055,free,0x7f0000000000,512,0x0',
  '9,00:00:00.000060,allocate failure,(nil),4096,0x0',
].join('\n');

describe('a log with every oddity', () => {
  test('is counted exactly', async () => {
    const { report, notes } = await imported(QUIRKS);
    expect(report).toMatchObject({
      format: 'rmm',
      unit: 256,
      records: 16,
      allocations: 4,
      frees: 4,
      probes: 3,
      peak: 1280,
      peakAt: 3,
      live: 0,
      liveBytes: 0,
    });
    expect(notes).toEqual({
      header: [2, 1],
      null: [2, 5],
      'unknown-free': [1, 7],
      'unknown-action': [1, 10],
      rounded: [2, 2],
      'live-again': [1, 8],
      'size-differs': [1, 9],
      failure: [3, 4],
      midnight: [1, 4],
    });
  });

  test('becomes these operations', async () => {
    const { operations } = await imported(QUIRKS, { size: 65536 });
    expect(operations.map(short)).toEqual([
      { kind: 'gpu-buddy-trace', version: 2, source: 'rmm' },
      { kind: 'buddy.new', size: 65536, chunkSize: 256 },
      { kind: 'buddy.alloc', id: 0, size: 1024, time: 0, thread: 7 },
      { kind: 'buddy.alloc', id: 1, size: 256, time: 5000, thread: 7 },
      { kind: 'buddy.probe', size: 1024, time: 15_000, thread: 8 },
      { kind: 'blocks.free', id: 0, time: 35_000, thread: 7 },
      { kind: 'buddy.alloc', id: 2, size: 512, time: 35_000, thread: 7 },
      { kind: 'blocks.free', id: 1, time: 40_000, thread: 7 },
      { kind: 'buddy.probe', size: 2048, time: 50_000, thread: 9 },
      { kind: 'buddy.alloc', id: 3, size: 256, time: 55_000, thread: 9 },
      { kind: 'blocks.free', id: 3, time: 60_000, thread: 9 },
      { kind: 'blocks.free', id: 2, time: 65_000, thread: 9 },
      { kind: 'buddy.probe', size: 4096, time: 70_000, thread: 9 },
    ]);
  });

  test.each([1, 7, 64])(
    'is the same where it comes in parts of %d bytes, with carriage returns',
    async (size) => {
      const whole = await imported(QUIRKS);
      const parts = await imported(QUIRKS.replaceAll('\n', '\r\n'), {}, size);
      expect(parts).toEqual(whole);
    },
  );
});

const HEAD = '1,10:00:00.000000,allocate,0x10,256,0x0\n';

test.each([
  ['an unknown free', 'free,0x20,1,0x0', 'frees of what no record has allocated'],
  ['an unknown action', 'move,0x10,1,0x0', 'unknown actions'],
  ['a live pointer', 'allocate,0x10,1,0x0', 'frees made up, of live pointers that were allocated again'],
  ['another size', 'free,0x10,255,0x0', 'frees of another size than was allocated'],
  ['a size that is none', 'free,0x10,many,0x0', 'unreadable records'],
  ['a pointer that is none', 'free,here,256,0x0', 'unreadable records'],
])('strict refuses %s, and names its line', async (_, record, reason) => {
  await expect(imported(`${HEAD}1,10:00:00.000001,${record}\n`, { strict: true })).rejects.toMatchObject({
    name: 'TraceError',
    code: 'ERR_GPU_BUDDY_TRACE',
    line: 2,
    message: `<input>:2: strict: ${reason}`,
  });
});

test.each(['', '(nil)', '0x0', '0x00000000', '0', 'nullptr', 'NULL'])('"%s" is NULL', async (pointer) => {
  const { notes } = await imported(`${HEAD}1,10:00:00.000001,free,${pointer},1,0x0\n`);
  expect(notes).toEqual({ null: [1, 2] });
});

test.each([
  ['10:00:00.000001', 1000],
  ['10:00:00:000001', 1000],
  ['10:00:00.000000001', 1],
  ['10:00:01', 1e9],
  ['09:59:59.999999', 0],
])('the time %s comes %d ns after ten', async (time, after) => {
  const { operations, notes } = await imported(`${HEAD}1,${time},free,0x10,256,0x0\n`);
  expect(operations.at(-1)).toMatchObject({ kind: 'blocks.free', time: after });
  expect(notes).toEqual({});
});

test('threads that log out of order around midnight pass it once', async () => {
  const times = ['23:59:59.9', '00:00:00.1', '23:59:59.95', '00:00:00.2', '23:59:59.0', '00:00:00.0'];
  const log = times.map((time, i) => `1,${time},allocate,0x${i + 1},256,0x0`).join('\n');
  const { operations, notes } = await imported(log);
  const seconds = operations
    .slice(2)
    .map((operation) => ('time' in operation ? (operation.time ?? 0) / 1e9 : 0));
  expect(seconds).toEqual([0, 0.2, 0.05, 0.3, 0, 0.1]);
  expect(notes).toEqual({ midnight: [1, 2] });
});

test.each([
  ['no comma', '1'],
  ['too few fields', '1,10:00:00.000001,free'],
  ['a time that is none', '1,25:00:00.000001,free,0x10,256,0x0'],
  ['a size above 2^53', '1,10:00:00.000001,allocate,0x20,99999999999999999,0x0'],
  ['a pointer above 64 bits', '1,10:00:00.000001,allocate,0x12345678123456789,1,0x0'],
])('%s is unreadable, and not fatal', async (_, line) => {
  const { notes, report } = await imported(`${HEAD}${line}\n`);
  expect(notes).toEqual({ unreadable: [1, 2] });
  expect(report.allocations).toBe(1);
});

test('blank lines and allocations of no bytes are skipped, with the frees of these', async () => {
  const log = `${HEAD}\n1,10:00:00.000001,allocate,0x20,0,0x0\n1,10:00:00.000002,free,0x20,0,0x0\n`;
  const { notes, report } = await imported(log);
  expect(notes).toEqual({ blank: [1, 2], 'zero-size': [1, 3], 'zero-size-free': [1, 4] });
  expect([report.allocations, report.frees]).toEqual([1, 0]);
});

test('pointers of 64 bits are told apart to the last bit', async () => {
  const log = ['0xffffffffffffffff', '0xfffffffffffffffe']
    .flatMap((pointer) => [`1,10:00:00.0,allocate,${pointer},256,0x0`])
    .concat('1,10:00:00.0,free,0xffffffffffffffff,256,0x0', '')
    .join('\n');
  const { operations, notes } = await imported(log);
  expect(operations.slice(-3).map(({ kind }) => kind)).toEqual(['buddy.alloc', 'buddy.alloc', 'blocks.free']);
  expect(notes).toEqual({});
});

describe('the log of 2019', () => {
  const LOG = [
    'Event Type,Device ID,Address,Stream,Size (bytes),Free Memory,Total Memory,Current Allocs,Start,End,Elapsed,Location',
    'Alloc,0,0x10,0,1000,900,1000,1,1.5,1.6,0.1,a.cu:1',
    'Alloc,1,0x10,0,256,900,1000,1,1.5,1.6,0.1,a.cu:1',
    'Realloc,0,0x10,0,2048,900,1000,1,1.500001,1.6,0.1,a,b.cu:2',
    'Realloc,0,0x20,0,256,900,1000,1,1.500002,1.6,0.1,a.cu:2',
    'Free,0,0x10,0,0,900,1000,1,1.500003,1.6,0.1,a.cu:3',
    'Reset,0,0x10,0,0,900,1000,1,1.500003,1.6,0.1,a.cu:3',
    'Free,zero,0x10,0,0,900,1000,1,1.500003,1.6,0.1,a.cu:3',
  ].join('\r\n');

  test('gives the first device, and counts the others', async () => {
    const { operations, report, notes } = await imported(LOG);
    expect(operations.slice(1).map(short)).toEqual([
      { kind: 'buddy.new', chunkSize: 256 },
      { kind: 'buddy.alloc', id: 0, size: 1024, time: 0 },
      { kind: 'blocks.free', id: 0, time: 1000 },
      { kind: 'buddy.alloc', id: 1, size: 2048, time: 1000 },
      { kind: 'buddy.alloc', id: 2, size: 256, time: 2000 },
      { kind: 'blocks.free', id: 1, time: 3000 },
    ]);
    expect(report).toMatchObject({ format: 'rmm-2019', device: 0, records: 8 });
    expect(notes).toEqual({
      header: [1, 1],
      'other-device': [1, 3],
      device: [1, 3],
      rounded: [1, 2],
      realloc: [1, 4],
      'unknown-action': [1, 7],
      unreadable: [1, 8],
    });
  });

  test('gives the device that is asked for', async () => {
    const { operations, report, notes } = await imported(LOG, { device: 1 });
    expect(operations.slice(2).map(short)).toEqual([{ kind: 'buddy.alloc', id: 0, size: 256, time: 0 }]);
    expect(report.device).toBe(1);
    expect(notes).toEqual({ header: [1, 1], 'other-device': [5, 2], unreadable: [1, 8] });
  });
});
