// openTrace(): traces as they are, recordings as what they become, from files and from what can be read only once.
import { describe, expect, test } from '@jest/globals';
import { openTrace, type ImportReport, type LineReader, type OpenTraceOptions } from 'gpu-buddy/trace';
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { pickled } from '../../tools/import/pickle-writer.mjs';
import { temporaryFolder } from '../support/temporary-folder';
import { kernelVersion } from 'gpu-buddy';
import { zipOf } from '../support/zip';

const TRACE = 'init 0x10000 0x1000\nalloc 0 0 0 0x1000 0x1000 0\nfini\n';
const LOG = '1,10:00:00.000000,allocate,0x10,1000,0x0\n1,10:00:00.000001,free,0x10,1000,0x0\n';
const IMPORTED =
  'gpu-buddy-trace 2 source="rmm"\nbuddy.new - 0x100\nbuddy.alloc 0 0x400 time=0 thread=1\nblocks.free 0 time=1000 thread=1\n';
const PICKLE = pickled({ segments: [] });
const OF_PICKLE = 'gpu-buddy-trace 2 source="pytorch"\nbuddy.new - 0x200\n';
const STATE = JSON.stringify(
  {
    ...{
      format: 'gpu-buddy',
      version: 1,
      kernel: kernelVersion,
      size: 0x10000,
      chunkSize: 0x1000,
      baseOffset: 0x8000,
    },
    lists: { tags: [7, 0], counts: [2, 1] },
    blocks: { offsets: [0, 4, 8], orders: [1, 0, 0], clear: [0, 0, 1] },
    free: { offsets: [2], orders: [1] },
  },
  undefined,
  2,
);
const OF_STATE =
  `gpu-buddy-trace 2 kernel=${JSON.stringify(kernelVersion)} source="save"\nbuddy.new 0x10000 0x1000 baseOffset=0x8000\n` +
  'buddy.claim 0 0x0:1:0 0x4000:0:0 tag=7 label="tag 7"\nbuddy.claim 1 0x8000:0:1\nbuddy.clear 0x2000:1\nbegin\n';

const folder = temporaryFolder();

async function textOf(lines: LineReader): Promise<string> {
  using reader = lines;
  let text = '';
  while (reader.isReady || (await reader.fill())) text += `${reader.next()}\n`;
  return text;
}

const INPUTS: readonly (readonly [what: string, name: string, content: Buffer, text: string])[] = [
  ['a trace', 'a.trace', Buffer.from(TRACE), TRACE],
  ['a trace by gzip', 'a.trace.gz', gzipSync(TRACE), TRACE],
  ['a trace by brotli', 'a.trace.br', brotliCompressSync(TRACE), TRACE],
  ['a trace in a zip', 'a.zip', zipOf({ a: TRACE }), TRACE],
  ['a log', 'a.csv', Buffer.from(LOG), IMPORTED],
  ['a log by gzip', 'a.csv.gz', gzipSync(LOG), IMPORTED],
  ['a pickle', 'a.pickle', PICKLE, OF_PICKLE],
  ['a saved state', 'a.json', Buffer.from(STATE), OF_STATE],
  ['a saved state by gzip', 'a.json.gz', gzipSync(STATE), OF_STATE],
  ['an empty file', 'empty', Buffer.alloc(0), ''],
];

describe.each(INPUTS)('%s', (_, name, content, text) => {
  test('is opened as a file', async () => {
    writeFileSync(folder(name), content);
    expect(await textOf(await openTrace(folder(name)))).toBe(text);
  });

  test('is opened as a stream, in any parts', async () => {
    const whole = () => openTrace(Readable.from([content]), { name });
    const bytes = () => openTrace(Readable.from(Array.from(content, (byte) => Buffer.of(byte))), { name });
    expect(await textOf(await whole())).toBe(text);
    // A format is known by the first part, unless it is given.
    if (text === TRACE && name === 'a.trace') expect(await textOf(await bytes())).toBe(text);
  });

  test('is opened as a pipe', async () => {
    const pipe = folder(`pipe-${name}`);
    execFileSync('mkfifo', [pipe]);
    writeFileSync(folder(name), content);
    execFileSync('bash', ['-c', 'cat "$1" > "$2" &', 'bash', folder(name), pipe], { stdio: 'ignore' });
    expect(await textOf(await openTrace(pipe))).toBe(text);
  });
});

test('a trace from a stream is given before the stream ends', async () => {
  async function* endless() {
    yield Buffer.from(TRACE);
    await new Promise(() => undefined);
  }
  using lines = await openTrace(endless());
  expect(await lines.fill()).toBe(true);
  expect(lines.next()).toBe('init 0x10000 0x1000');
});

test('the report comes at the end of a recording, and not of a trace', async () => {
  const reports: ImportReport[] = [];
  const options: OpenTraceOptions = { name: 'x', onReport: (report) => reports.push(report) };
  await textOf(await openTrace(Readable.from([Buffer.from(TRACE)]), options));
  expect(reports).toEqual([]);
  await textOf(await openTrace(Readable.from([Buffer.from(LOG)]), options));
  expect(reports).toMatchObject([{ file: 'x', allocations: 1 }]);
});

test('options reach the import; its errors name the line of the recording', async () => {
  writeFileSync(folder('bad.csv'), `${LOG}1,10:00:00.000001,jump,0x10,1000,0x0\n`);
  const lines = await openTrace(folder('bad.csv'), { size: 65536, strict: true });
  await expect(textOf(lines)).rejects.toMatchObject({
    message: `${folder('bad.csv')}:3: strict: unknown actions`,
  });
  expect(await textOf(await openTrace(folder('bad.csv'), { size: 65536 }))).toContain(
    'buddy.new 0x10000 0x100\n',
  );
});

test.each([
  ['kept.trace', TRACE],
  ['kept.csv', LOG],
])('a reader of %s that is given up closes its file', async (name, content) => {
  const isOpen = () =>
    readdirSync('/proc/self/fd').some((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === folder(name);
      } catch {
        // The one by which the folder is read.
        return false;
      }
    });
  writeFileSync(folder(name), content);
  const never = await openTrace(folder(name));
  const begun = await openTrace(folder(name));
  await begun.fill();
  expect(isOpen()).toBe(true);
  never[Symbol.dispose]();
  begun[Symbol.dispose]();
  while (isOpen()) await new Promise((resolve) => setImmediate(resolve));
});

test.each([
  ['a file that is not there', 'none', 'cannot be read: no such file or directory'],
  ['a folder', '.', 'cannot be read: illegal operation on a directory'],
])('%s is an error', async (_, name, reason) => {
  await expect(openTrace(folder(name))).rejects.toMatchObject({ message: `${folder(name)}: ${reason}` });
});

test('an option that nobody knows is an error', async () => {
  const options = { strickt: true } as OpenTraceOptions;
  await expect(openTrace(folder('a.csv'), options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
});
