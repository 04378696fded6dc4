// JSON dumps of VulkanMemoryAllocator and D3D12MA: what they hold is the start of a trace.
import { describe, expect, test } from '@jest/globals';
import { importTrace } from 'gpu-buddy/trace';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { imported, short } from '../../support/imported';

const SUBALLOCATIONS = [
  { Offset: 0, Type: 'BUFFER', Size: 64 },
  { Offset: 64, Type: 'FREE', Size: 192 },
  { Offset: 256, Type: 'IMAGE_OPTIMAL', Size: 24, Name: 'shadow map' },
];
const BLOCK = { TotalBytes: 1024, UnusedBytes: 936, Suballocations: SUBALLOCATIONS };
const DUMP = {
  General: { API: 'Vulkan' },
  DefaultPools: {
    'Type 0': { Blocks: { 0: BLOCK }, DedicatedAllocations: [{ Type: 'UNKNOWN', Size: 4096 }] },
  },
  CustomPools: {
    'Type 0': [
      { Name: 'mine', Blocks: { 0: { TotalBytes: 64, Suballocations: [] } }, DedicatedAllocations: [] },
    ],
  },
};

test('a dump is what lives at the start, in its order', async () => {
  const { operations, report, notes } = await imported(JSON.stringify(DUMP));
  expect(operations.map(short)).toEqual([
    { kind: 'gpu-buddy-trace', version: 2, source: 'vma' },
    { kind: 'buddy.new', chunkSize: 8 },
    { kind: 'buddy.alloc', id: 0, size: 64, label: 'BUFFER' },
    { kind: 'buddy.alloc', id: 1, size: 24, label: 'shadow map' },
    { kind: 'buddy.alloc', id: 2, size: 4096, label: 'UNKNOWN' },
    { kind: 'begin' },
  ]);
  expect(report).toMatchObject({
    unit: 8,
    records: 3,
    recordName: 'allocation',
    live: 3,
    reserved: 1024 + 4096 + 64,
  });
  expect(notes).toEqual({ place: [2, 1], dedicated: [1, 3] });
});

describe('older and other dumps', () => {
  test.each([
    [
      'of VMA 2',
      {
        DefaultPools: { 'Type 0': { Blocks: [BLOCK] } },
        DedicatedAllocations: { 'Type 0': [{ Size: 4096 }] },
      },
      3,
    ],
    ['of a virtual block', { Stats: {}, ...BLOCK }, 2],
    ['of nothing', { DefaultPools: {} }, 0],
  ])('%s are read', async (_, dump, live) => {
    expect((await imported(JSON.stringify(dump))).report).toMatchObject({ format: 'vma', live });
  });
});

test.each([
  ['UTF-8 with a mark', (text: string) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16', (text: string) => Buffer.from(text, 'utf16le')],
  ['UTF-16 with a mark', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16, high bytes first', (text: string) => Buffer.from(text, 'utf16le').swap16()],
  [
    'UTF-16 with a mark, high bytes first',
    (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  ],
])('%s is read', async (_, encode) => {
  expect(await imported(encode(JSON.stringify(DUMP)))).toEqual(await imported(JSON.stringify(DUMP)));
});

test.each([
  [[4, 8, 12], 4],
  [[1], 1],
  [[2 ** 40, 3 * 2 ** 41], 2 ** 40],
  [[0], 2 ** 52],
])('sizes of %j are in units of %d', async (sizes, unit) => {
  const { report } = await imported(
    JSON.stringify({ Suballocations: sizes.map((Size) => ({ Offset: 0, Size })) }),
  );
  expect(report.unit).toBe(unit);
});

test('an entry without a size is unreadable, one of no bytes is skipped', async () => {
  const entries = [
    { Offset: 0, Type: 'BUFFER' },
    { Offset: 0, Size: 0 },
    { Offset: 0, Size: 1.5 },
    'x',
    null,
  ];
  const { notes } = await imported(JSON.stringify({ Suballocations: entries }));
  expect(notes).toEqual({ unreadable: [4, 1], place: [1, 2], 'zero-size': [1, 2] });
});

test.each([
  ['[]', 'is no recording that can be imported'],
  ['{"Suballocations": [', 'is no dump: '],
  [`{"MemoryInfo": ${'['.repeat(1e5)}`, 'is no dump: '],
])('%.30s is a clear error', async (text, reason) => {
  await expect(imported(text)).rejects.toMatchObject({
    name: 'TraceError',
    message: expect.stringContaining(`<input>: ${reason}`) as unknown,
  });
});

const REAL = join(__dirname, '..', '..', '..', '..', 'shared', 'data', 'vma-Sample.json');

(existsSync(REAL) ? test : test.skip)('the real dump in ../shared/data is counted exactly', async () => {
  const trace = importTrace(REAL);
  for await (const operations of trace.batches()) expect(operations.length).toBeGreaterThan(0);
  expect(trace.report).toMatchObject({
    unit: 4,
    allocations: 132,
    live: 132,
    liveBytes: 73_401_500,
    reserved: 201_392_128,
  });
  expect(trace.report?.notes.map(({ kind, count }) => [kind, count])).toEqual([
    ['place', 68],
    ['dedicated', 64],
  ]);
});
