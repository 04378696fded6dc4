// Logs of Android's memory_replay, and the files that they come in.
import { describe, expect, test } from '@jest/globals';
import { importTrace } from 'gpu-buddy/trace';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { imported, short } from '../../support/imported';
import { temporaryFolder } from '../../support/temporary-folder';
import { zipOf } from '../../support/zip';

const LOG = [
  '5: malloc 0x10 20',
  '5: calloc 0x20 4 8',
  '6: memalign 0x40 16 104',
  '6: memalign 0x80 64 16',
  '5: realloc 0x90 0x10 48',
  '5: realloc 0x20 0x20 16',
  '5: realloc 0xa0 0x0 16',
  '5: realloc 0x0 0xa0 0',
  '5: free 0x0',
  '5: free 0xdead',
  '6: thread_done 0x0',
  '5: malloc 0xb0 16 123456 123499',
  '5: mmap 0xc0 16',
  '5: malloc 0xd0',
  '5: calloc 0xd0 9007199254740991 2',
  '5 malloc 0xd0 1',
  '',
].join('\n');

test('each call becomes what it does to the heap', async () => {
  const { operations, report, notes } = await imported(LOG);
  const sizes = operations.slice(2).map((operation) => {
    const { kind, id, size } = short(operation);
    return kind === 'buddy.alloc' ? `+${String(id)} ${String(size)}` : `-${String(id)}`;
  });
  expect(sizes).toEqual([
    '+0 32',
    '+1 32',
    '+2 112',
    '+3 16',
    '-0',
    '+4 48',
    '-1',
    '+5 16',
    '+6 16',
    '-6',
    '+7 16',
  ]);
  expect(report).toMatchObject({ format: 'aosp', unit: 16, records: 16, allocations: 8, frees: 3, live: 5 });
  expect(notes).toEqual({
    null: [1, 9],
    'unknown-free': [1, 10],
    'no-operation': [1, 11],
    'unknown-action': [1, 13],
    unreadable: [3, 14],
    rounded: [2, 1],
    realloc: [2, 5],
    alignment: [1, 4],
  });
  expect(operations.at(-1)).toMatchObject({ thread: 5, time: undefined });
});

describe('a file', () => {
  const folder = temporaryFolder();
  const BOMB = zipOf({ 'log.txt': LOG }, { uncompressedSize: 2 ** 31 });

  const read = async (name: string, content: Uint8Array) => {
    writeFileSync(folder(name), content);
    const trace = importTrace(folder(name));
    let count = 0;
    for await (const operations of trace.batches()) count += operations.length;
    return count;
  };

  test.each([
    ['plain', 'log.txt', Buffer.from(LOG)],
    ['by gzip', 'log.txt.gz', gzipSync(LOG)],
    ['by gzip, whatever its name', 'log', gzipSync(LOG)],
    ['by brotli', 'log.txt.br', brotliCompressSync(LOG)],
    ['in a zip', 'log.zip', zipOf({ 'logs/': '', 'logs/a.txt': LOG })],
  ])('is read %s', async (_, name, content) => {
    expect(await read(name, content)).toBe(13);
  });

  test('can be imported again', async () => {
    writeFileSync(folder('log.txt'), LOG);
    const trace = importTrace(folder('log.txt'));
    for await (const operation of trace) if (operation.kind === 'buddy.alloc') break;
    expect(trace.report?.allocations).toBe(8);
    for await (const operation of trace) expect(operation).toBeDefined();
    expect(trace.report?.allocations).toBe(8);
  });

  test.each([
    [
      'a zip of two files',
      'two.zip',
      zipOf({ a: LOG, b: LOG }),
      'the zip holds several files: one is imported at a time',
    ],
    [
      'a zip of a folder',
      'no.zip',
      zipOf({ 'logs/': '' }),
      'the zip holds no file: one is imported at a time',
    ],
    [
      'a zip that would grow two hundredfold',
      'bomb.zip',
      BOMB,
      'the zip would grow 200-fold, to 2147483648 bytes: unpack it by hand',
    ],
    ['a zip that is cut', 'cut.zip', zipOf({ a: LOG }).subarray(0, 100), 'the zip cannot be read: '],
    [
      'a zip that says less than it holds',
      'lie.zip',
      zipOf({ a: LOG }, { uncompressedSize: 10 }),
      'cannot be read: ',
    ],
    [
      'data that gzip did not write',
      'bad.gz',
      Buffer.concat([gzipSync(LOG).subarray(0, 20), Buffer.alloc(50)]),
      'cannot be read: ',
    ],
    ['an empty file', 'empty', Buffer.alloc(0), 'is no recording that can be imported: known formats are '],
    [
      'some other file',
      'other',
      Buffer.from('hello\n'),
      'is no recording that can be imported: known formats are ',
    ],
  ])('%s is refused', async (_, name, content, reason) => {
    await expect(read(name, content)).rejects.toMatchObject({
      name: 'TraceError',
      message: expect.stringContaining(reason) as unknown,
    });
  });

  test('that is not there is an error of its first operation', async () => {
    await expect(importTrace(folder('none')).batches().next()).rejects.toMatchObject({
      message: `${folder('none')}: cannot be read: no such file or directory`,
    });
  });
});

const REAL = join(__dirname, '..', '..', '..', '..', 'shared', 'data', 'aosp-systemui.zip');

(existsSync(REAL) ? test : test.skip)('the real log in ../shared/data is counted exactly', async () => {
  const trace = importTrace(REAL);
  for await (const operations of trace.batches()) expect(operations.length).toBeGreaterThan(0);
  expect(trace.report).toMatchObject({
    records: 786_454,
    allocations: 421_233,
    frees: 367_589,
    live: 53_644,
    liveBytes: 8_721_424,
    peak: 10_813_200,
  });
  expect(trace.report?.notes.map(({ kind, count }) => [kind, count])).toEqual([
    ['null', 15_818],
    ['zero-size', 1],
    ['no-operation', 357],
    ['rounded', 284_879],
    ['realloc', 18_544],
  ]);
});
