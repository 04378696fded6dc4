// Memory snapshots of PyTorch: what lived before, what happened, and what is only known from one of them.
import { describe, expect, test } from '@jest/globals';
import { importTrace } from 'gpu-buddy/trace';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pickled } from '../../../tools/import/pickle-writer.mjs';
import { imported, short } from '../../support/imported';

const T0 = 1_729_931_410_850_299;
const FRAMES = [
  { name: 'malloc', filename: 'CUDACachingAllocator.cpp', line: 1 },
  { name: 'forward', filename: '/home/me/model.py', line: 12 },
  { name: 'main', filename: '/home/me/train.py', line: 3 },
];

type Fields = Readonly<Record<string, unknown>>;
const event = (action: string, addr: number, size: number, time = 0, more: Fields = {}) => ({
  action,
  addr,
  size,
  stream: 0,
  time_us: T0 + time,
  ...more,
});
const block = (address: number, size: number, state = 'active_allocated', more: Fields = {}) => ({
  address,
  size,
  state,
  ...more,
});
const segment = (blocks: readonly object[], more: Fields = {}) => ({
  device: 0,
  address: 4096,
  total_size: 8192,
  blocks,
  ...more,
});

describe('a snapshot with every kind of event', () => {
  const SNAPSHOT = pickled({
    segments: [
      segment([
        block(4096, 512, 'active_allocated', { requested_size: 100 }),
        block(4608, 1024, 'active_allocated', { requested_size: 512 }),
        block(5632, 512, 'inactive'),
        block(6144, 512, 'active_pending_free', { requested_size: 512 }),
        block(6656, 512, 'active_awaiting_free', { requested_size: 512 }),
        block(7168, 512, 'active_allocated', { requested_size: 512 }),
      ]),
    ],
    device_traces: [
      [
        event('segment_alloc', 4096, 8192),
        event('free_requested', 2048, 700, 1),
        event('free_completed', 2048, 700, 2),
        event('alloc', 7168, 512, 3, { frames: FRAMES }),
        event('alloc', 5632, 513, 4),
        event('free', 5632, 513, 5),
        { action: 'oom', size: 1000, device_free: 4096, time_us: T0 + 6 },
        { action: 'oom', size: 1024, time_us: T0 + 7 },
        event('segment_map', 99, 2048, 8),
        event('segment_unmap', 99, 2048, 9),
        event('segment_free', 99, 100, 10),
        { action: 'snapshot', addr: 0, size: 0, time_us: T0 + 11 },
        event('teleport', 1, 1, 12),
        { action: 'alloc', addr: 'here', size: 1 },
      ],
    ],
  });

  test('becomes these operations', async () => {
    const { operations } = await imported(SNAPSHOT);
    const time = (micros: number) => 299_000 + micros * 1000;
    expect(operations.map(short)).toEqual([
      { kind: 'gpu-buddy-trace', version: 2, source: 'pytorch', started: '2024-10-26T08:30:10.850Z' },
      { kind: 'buddy.new', chunkSize: 512 },
      { kind: 'buddy.alloc', id: 0, size: 1024 },
      { kind: 'buddy.alloc', id: 1, size: 512 },
      { kind: 'buddy.alloc', id: 2, size: 512 },
      { kind: 'buddy.alloc', id: 3, size: 512 },
      { kind: 'buddy.alloc', id: 4, size: 512 },
      { kind: 'begin' },
      { kind: 'blocks.free', id: 0, time: time(2) },
      { kind: 'buddy.alloc', id: 5, size: 512, time: time(3) },
      { kind: 'buddy.alloc', id: 6, size: 1024, time: time(4) },
      { kind: 'blocks.free', id: 6, time: time(5) },
      { kind: 'buddy.probe', size: 1024, free: 4096, time: time(6) },
      { kind: 'buddy.probe', size: 1024, time: time(7) },
    ]);
  });

  test('is counted exactly', async () => {
    const { report, notes } = await imported(SNAPSHOT);
    // Reckoned back from the 8,192 bytes at the end: 100 at the start, 8,292, 10,340 and 8,292 again.
    expect(report).toMatchObject({
      device: 0,
      unit: 512,
      records: 14,
      reserved: 10_340,
      allocations: 7,
      frees: 2,
      probes: 2,
    });
    expect(notes).toEqual({
      'no-operation': [6, 1],
      'unknown-action': [1, 13],
      unreadable: [1, 14],
      rounded: [4, 0],
      requested: [1, 0],
      failure: [2, 7],
      'lived-before': [5, 0],
      'freed-later': [1, 0],
    });
  });

  test('has labels where they are wanted', async () => {
    const labels = async (options: Parameters<typeof imported>[1]) => {
      const { operations } = await imported(SNAPSHOT, options);
      return operations.flatMap((operation) => ('label' in operation ? (operation.label ?? []) : []));
    };
    expect(await labels({})).toEqual([]);
    expect(await labels({ frames: true })).toEqual(['/home/me/model.py:12 forward']);
    expect(await labels({ frames: true, stripPrefix: '/home/me/' })).toEqual(['model.py:12 forward']);
  });
});

test('labels are cut to 256 characters', async () => {
  const frames = [{ name: 'f'.repeat(300), filename: 'a.py', line: 1 }];
  const { operations, notes } = await imported(
    pickled({ segments: [], device_traces: [[event('alloc', 1, 1, 0, { frames })]] }),
    { frames: true },
  );
  expect(operations.at(-1)).toMatchObject({ label: `a.py:1 ${'f'.repeat(249)}` });
  expect(notes).toMatchObject({ 'label-cut': [1, 1] });
});

describe('several devices', () => {
  const SNAPSHOT = pickled({
    segments: [segment([block(4096, 512)], { device: 2 }), segment([block(4096, 1024)], { device: 1 })],
    device_traces: [[], [event('alloc', 16, 512)], [event('free', 16, 512), event('free', 32, 512)]],
  });

  test('the first one that has something is taken', async () => {
    const { report, notes } = await imported(SNAPSHOT);
    expect(report).toMatchObject({ device: 1, allocations: 2, frees: 0, reserved: 8192 });
    expect(notes).toMatchObject({ device: [1, 0], 'other-device': [3, 0] });
  });

  test('another one can be named', async () => {
    const { report, notes } = await imported(SNAPSHOT, { device: 2 });
    expect(report).toMatchObject({ device: 2, allocations: 3, frees: 2 });
    expect(notes).toEqual({ 'other-device': [2, 0], 'lived-before': [3, 0], 'freed-later': [2, 0] });
  });

  test.each([0, 3])('device %d, which has nothing, is refused', async (device) => {
    await expect(imported(SNAPSHOT, { device })).rejects.toMatchObject({
      message: `<input>: is no memory snapshot: it has nothing of device ${device}, only of 1, 2`,
    });
  });
});

test('old snapshots are a list of segments, whose blocks have a history and no addresses', async () => {
  const history = [{ addr: 4096, real_size: 300, frames: FRAMES }];
  const old = [
    segment([
      { size: 512, state: 'active_allocated', history },
      { size: 1024, state: 'inactive' },
      { size: 512, state: 'active_allocated' },
    ]),
  ];
  const { operations, notes } = await imported(pickled(old, 2), { frames: true });
  expect(operations.slice(2).map(short)).toEqual([
    { kind: 'buddy.alloc', id: 0, size: 512, label: '/home/me/model.py:12 forward' },
    { kind: 'buddy.alloc', id: 1, size: 512 },
    { kind: 'begin' },
  ]);
  expect(notes).toEqual({ rounded: [1, 0], 'lived-before': [2, 0], address: [2, 0] });
});

test('a snapshot without a history is a state', async () => {
  const { report } = await imported(pickled({ segments: [segment([block(4096, 512)])] }));
  expect(report).toMatchObject({ records: 0, allocations: 1, live: 1, peak: 512, peakAt: 0 });
});

describe('the real snapshot in ../shared/data', () => {
  const real = (protocol: number) =>
    join(__dirname, '..', '..', '..', '..', 'shared', 'data', `torch-snapshot.p${protocol}.pickle`);

  (existsSync(real(2)) ? test : test.skip).each([2, 4, 5])(
    'is counted exactly by protocol %d',
    async (protocol) => {
      const trace = importTrace(real(protocol));
      let operations = 0;
      for await (const batch of trace.batches()) operations += batch.length;
      // Header, buddy.new and begin among them.
      expect(operations).toBe(3 + 840 + 1);
      expect(trace.report).toMatchObject({
        records: 1,
        allocations: 840,
        frees: 1,
        live: 839,
        peak: 16_380_142_080,
        reserved: 17_133_731_840,
      });
    },
  );
});
