// Pickles: plain data is read, everything else is refused, and nothing is ever run.
import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { pickled, Raw } from '../../../tools/import/pickle-writer.mjs';
import { fuzzedPickle } from '../../../tools/import/fuzzed-pickle.mjs';
import { Random } from '../../../tools/oracle/generator/random.mjs';
import { imported } from '../../support/imported';
import { soak } from '../../support/soak';
import { temporaryFolder } from '../../support/temporary-folder';

const BLOCK = {
  address: 0x7f00_0000_0000,
  size: 1024,
  requested_size: 600,
  state: 'active_allocated',
  frames: [],
};
const SEGMENT = {
  device: 0,
  address: 0x7f00_0000_0000,
  total_size: 2 ** 21,
  stream: 0,
  frames: [],
  blocks: [BLOCK],
};
const EVENTS = [
  {
    action: 'alloc',
    addr: 0x7f00_0000_0400,
    size: 512,
    stream: 0,
    time_us: 1_729_931_410_850_299,
    frames: [],
  },
  {
    action: 'free_completed',
    addr: 0x7f00_0000_0400,
    size: 512,
    stream: 0,
    time_us: 1_729_931_410_850_300,
    frames: [],
  },
];
const SNAPSHOT = {
  segments: [SEGMENT],
  device_traces: [EVENTS],
  allocator_settings: { ratio: 0.5, on: true, off: false, none: null },
};
const PROTOCOLS = [2, 3, 4, 5] as const;

test.each(PROTOCOLS)('protocol %d is read, in any parts', async (protocol) => {
  const bytes = pickled(SNAPSHOT, protocol);
  const whole = await imported(bytes);
  expect(whole.report).toMatchObject({
    format: 'pytorch',
    allocations: 2,
    frees: 1,
    reserved: 2 ** 21,
    live: 1,
  });
  for (const size of [1, 2, 3, 100]) expect(await imported(bytes, {}, size)).toEqual(whole);
});

test('gives the same for every protocol', async () => {
  const [first, ...others] = await Promise.all(
    PROTOCOLS.map((protocol) => imported(pickled(SNAPSHOT, protocol))),
  );
  for (const other of others) expect(other).toEqual(first);
});

test.each([
  0,
  1,
  255,
  256,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 47,
  2 ** 48 - 1,
  2 ** 48,
  2 ** 53 - 1,
])('the integer %d is exact', async (size) => {
  const { report } = await imported(
    pickled({ segments: [], device_traces: [[{ action: 'segment_free', addr: 16, size }]] }),
  );
  expect(report.reserved).toBe(size);
});

test('addresses of nine bytes (LONG1) are told apart to the last bit', async () => {
  const addresses = [2n ** 64n - 512n, 2n ** 64n - 513n];
  const events = [
    ...addresses.map((addr) => ({ action: 'alloc', addr, size: 512 })),
    ...addresses.map((addr) => ({ action: 'free', addr, size: 512 })),
  ];
  const bytes = pickled({ segments: [], device_traces: [events] });
  expect(bytes.includes(Buffer.of(0x8a, 9))).toBe(true);
  const { operations, notes } = await imported(bytes);
  expect(operations.slice(2).map((operation) => ('id' in operation ? operation.id : undefined))).toEqual([
    0, 1, 0, 1,
  ]);
  expect(notes).toEqual({});
});

test('reads a memo entry as if it were written twice', async () => {
  const event = { action: 'alloc', addr: 4096, size: 512 };
  const twice = await imported(pickled({ segments: [], device_traces: [[event, { ...event }]] }));
  const again = await imported(pickled({ segments: [], device_traces: [[event, event]] }));
  expect(again).toEqual(twice);
  expect(again.notes).toEqual({ 'live-again': [1, 2] });
});

describe('nothing is run', () => {
  const folder = temporaryFolder();
  const command = () => `touch ${folder('run')}`;

  test.each([
    // A pickle of an object whose `__reduce__` gives os.system and a command, as `pickle.dumps()` writes it.
    [
      'a call of os.system by protocol 4',
      () =>
        Buffer.from(
          `\u0080\u0004\u008c\u0005posix\u008c\u0006system\u0093\u008c${String.fromCharCode(command().length)}${command()}\u0085R.`,
          'latin1',
        ),
      'STACK_GLOBAL, which imports a name',
    ],
    [
      'a call of os.system by protocol 2',
      () =>
        Buffer.from(
          `\u0080\u0002cposix\nsystem\nX${String.fromCharCode(command().length)}\0\0\0${command()}\u0085R.`,
          'latin1',
        ),
      'GLOBAL, which imports a name',
    ],
    ['a function that is called', () => pickled(new Raw(Buffer.from('R'))), 'REDUCE, which calls a function'],
    ['an object that is built', () => pickled(new Raw(Buffer.from('b'))), 'BUILD, which calls a method'],
    ['an instance', () => pickled(new Raw(Buffer.of(0x81))), 'NEWOBJ, which makes an instance of a class'],
    [
      'a registered extension',
      () => pickled(new Raw(Buffer.of(0x82, 1))),
      'EXT1, which imports a registered name',
    ],
    ['a persistent ID', () => pickled(new Raw(Buffer.from('Q'))), 'BINPERSID, which calls a loader'],
  ])('%s is refused by name', async (_, make, what) => {
    await expect(imported(make(), { format: 'pytorch' })).rejects.toMatchObject({
      name: 'TraceError',
      message: expect.stringMatching(
        new RegExp(`^<input>: byte \\d+: has the opcode ${what}: it is refused, and nothing of it was run$`),
      ) as unknown,
    });
    expect(existsSync(folder('run'))).toBe(false);
  });
});

test.each([
  [
    'an opcode of other data',
    Buffer.from('\u0080\u0002I1\n.', 'latin1'),
    'byte 2: has the opcode INT, which a memory snapshot does not need',
  ],
  ['an unknown opcode', Buffer.of(0x80, 2, 0xff), 'byte 2: has the unknown opcode 0xff'],
  ['protocol 1', Buffer.of(0x80, 1, 0x4e, 0x2e), 'byte 0: is a pickle of protocol 1, not 2 to 5'],
  ['protocol 6', Buffer.of(0x80, 6, 0x4e, 0x2e), 'byte 0: is a pickle of protocol 6, not 2 to 5'],
  ['a memo that is empty', Buffer.of(0x80, 2, 0x68, 0, 0x2e), 'byte 2: place 0 of the memo is empty'],
  [
    'a made-up place of the memo',
    Buffer.of(0x80, 2, 0x6a, 255, 255, 255, 255),
    'byte 2: place 4294967295 of the memo is empty',
  ],
  [
    'text of 4 GiB',
    Buffer.of(0x80, 2, 0x58, 255, 255, 255, 255),
    'byte 2: an argument of 4294967295 bytes is too long',
  ],
  [
    'text of 2^64 bytes',
    Buffer.of(0x80, 4, 0x8d, 255, 255, 255, 255, 255, 255, 255, 255),
    'byte 2: an argument of 18446744073709552000 bytes is too long',
  ],
  [
    'an integer of 255 bytes',
    Buffer.concat([Buffer.of(0x80, 2, 0x8a, 255), Buffer.alloc(255), Buffer.from('.')]),
    'byte 2: an integer of 255 bytes is too large',
  ],
  ['values that are missing', Buffer.from('\u0080\u0002u.', 'latin1'), 'byte 2: a mark is missing'],
  [
    'an item in a number',
    Buffer.from('\u0080\u0002NNa.', 'latin1'),
    'byte 4: a value is appended to what is no list',
  ],
  ['an item behind a mark', Buffer.from('\u0080\u0002](a.', 'latin1'), 'byte 4: a value is missing'],
  ['two values', Buffer.from('\u0080\u0002NN.', 'latin1'), 'byte 4: the pickle stops too early'],
  ['a number', Buffer.from('\u0080\u0002N.', 'latin1'), 'is no memory snapshot: it has no segments'],
  ['a dict without segments', pickled({ device_traces: [] }), 'is no memory snapshot: it has no segments'],
  ['segments without blocks', pickled({ segments: [{}] }), 'is no memory snapshot: a segment has no blocks'],
  [
    'blocks without size',
    pickled({ segments: [{ blocks: [{}] }] }),
    'is no memory snapshot: a block has no size',
  ],
  [
    'traces that are none',
    pickled({ segments: [], device_traces: 1 }),
    'is no memory snapshot: its device_traces are no list',
  ],
  [
    'a list without end',
    Buffer.concat([Buffer.of(0x80, 2, 0x5d), Buffer.alloc(2 ** 21, ']'), Buffer.from('.')]),
    'too many values are open',
  ],
  [
    'marks without end',
    Buffer.concat([Buffer.of(0x80, 2), Buffer.alloc(2 ** 21, '('), Buffer.from('.')]),
    'too many lists and dicts are open',
  ],
])('%s is refused', async (_, bytes, reason) => {
  await expect(imported(bytes, { format: 'pytorch' })).rejects.toMatchObject({
    name: 'TraceError',
    message: expect.stringContaining(reason) as unknown,
  });
});

test.each(PROTOCOLS)('protocol %d, cut at any byte, is a clear error', async (protocol) => {
  const bytes = pickled(SNAPSHOT, protocol);
  for (let length = 0; length < bytes.length; length++) {
    await expect(imported(bytes.subarray(0, length), { format: 'pytorch' })).rejects.toMatchObject({
      message: `<input>: byte ${length}: the pickle ends too early`,
    });
  }
});

test('no pickle of random opcodes does anything but give a trace or a clear error', async () => {
  const random = new Random('pickles');
  let given = 0;
  for (let i = 0; i < 1000 * soak; i++) {
    const bytes = fuzzedPickle(random);
    try {
      await imported(bytes, { format: 'pytorch' });
      given++;
    } catch (error) {
      expect(error).toMatchObject({ name: 'TraceError', code: 'ERR_GPU_BUDDY_TRACE' });
    }
  }
  expect(given).toBeGreaterThan(0);
});

test('a dict cannot change what objects are', async () => {
  const polluted = new Raw(
    Buffer.concat([
      Buffer.from('}'),
      pickled('__proto__').subarray(11, -1),
      Buffer.from('}'),
      pickled('polluted').subarray(11, -1),
      Buffer.of(0x88),
      Buffer.from('ss'),
    ]),
  );
  await imported(pickled({ segments: [], extra: polluted }));
  expect(Object.keys({})).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
