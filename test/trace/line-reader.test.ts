// Reading line by line: chunks of any size, compressed files, and what is no text.
import { describe, expect, test } from '@jest/globals';
import { LineReader, openLines } from 'gpu-buddy/trace';
import { writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { temporaryFolder } from '../support/temporary-folder';
import { linesOf, readAll } from './lines';

const TEXT = 'print\n# grüße\n\nfini\n';
const LINES = ['print', '# grüße', '', 'fini'];

function inChunks(text: string, size: number): Readable {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.subarray(i, i + size));
  return Readable.from(chunks);
}

describe('lines', () => {
  test.each([1, 2, 3, 5, 7, 100])('are whole in chunks of %i bytes', async (size) => {
    const lines = new LineReader(inChunks(TEXT, size), 'some.trace');
    expect(await readAll(lines)).toEqual(LINES);
    expect(lines.line).toBe(4);
  });

  test.each([
    ['nothing', '', []],
    ['one line feed', '\n', ['']],
    ['no line feed at the end', 'print\nfini', ['print', 'fini']],
    ['a carriage return', 'print\r\n', ['print\r']],
  ])('are split at line feeds: %s', async (_, text, expected) => {
    expect(await readAll(linesOf(text))).toEqual(expected);
  });

  test('come from streams of strings, too', async () => {
    expect(await readAll(new LineReader(Readable.from(['pri', 'nt\nfi', 'ni']), 'some'))).toEqual([
      'print',
      'fini',
    ]);
  });

  test('are counted as they are given', async () => {
    const lines = linesOf('a\nb\n');
    expect(lines.isReady).toBe(false);
    expect(await lines.fill()).toBe(true);
    expect([lines.line, lines.next(), lines.line, lines.next(), lines.line]).toEqual([0, 'a', 1, 'b', 2]);
    expect(() => lines.next()).toThrow(RangeError);
    expect(await lines.fill()).toBe(false);
    expect(await lines.fill()).toBe(false);
  });

  test.each([
    ['inside a chunk', 'ok\n12345\n', 100],
    ['over chunks', 'ok\n12345\n', 2],
    ['without an end', 'ok\n12345', 1],
  ])('that are too long are an error: %s', async (_, text, size) => {
    const lines = new LineReader(inChunks(text, size), 'some.trace', { maxLineLength: 4 });
    await lines.fill();
    expect(lines.next()).toBe('ok');
    await expect(readAll(lines)).rejects.toThrow('some.trace:2: the line is longer than 4 bytes');
  });

  test('that are not UTF-8 are an error, after those before them', async () => {
    const lines = linesOf(Buffer.from('print\n# gr\xfc\xdfe\nfini\n', 'latin1'));
    await lines.fill();
    expect(lines.next()).toBe('print');
    await expect(readAll(lines)).rejects.toThrow('some.trace:2: is not text in UTF-8');
  });

  test('are read no further ahead than one chunk', async () => {
    let chunks = 0;
    async function* endless() {
      for (;;) {
        chunks++;
        yield await Promise.resolve('# some text\n'.repeat(10));
      }
    }
    using lines = new LineReader(endless(), 'endless');
    for (let line = 0; line < 25; line++) {
      if (!lines.isReady) await lines.fill();
      lines.next();
    }
    expect(chunks).toBe(3);
  });

  test('end where the reader is disposed of', async () => {
    let isClosed = false;
    const lines = linesOf('a\nb\n', { onClose: () => (isClosed = true) });
    await lines.fill();
    lines[Symbol.dispose]();
    expect([lines.isReady, await lines.fill(), isClosed]).toEqual([false, false, true]);
  });

  test('are named in the error of a source that fails', async () => {
    async function* failing() {
      yield await Promise.resolve('print\n');
      throw new Error('the disk is gone');
    }
    await expect(readAll(new LineReader(failing(), 'some.trace'))).rejects.toThrow(
      'some.trace:2: cannot be read: the disk is gone',
    );
  });
});

describe('a file', () => {
  const folder = temporaryFolder();
  const file = (name: string, content: string | Buffer) => {
    const path = folder(name);
    writeFileSync(path, content);
    return path;
  };

  test.each([
    ['plain.trace', Buffer.from(TEXT)],
    ['zipped.trace.gz', gzipSync(TEXT)],
    ['brotli.trace.br', brotliCompressSync(TEXT)],
    ['joined.trace.gz', Buffer.concat([gzipSync(TEXT.slice(0, 8)), gzipSync(TEXT.slice(8))])],
  ])('%s is read', async (name, content) => {
    expect(await readAll(openLines(file(name, content)))).toEqual(LINES);
  });

  test('tells how much of it was read', async () => {
    const content = gzipSync('# some text\n'.repeat(100_000));
    const seen: [number, number][] = [];
    await readAll(
      openLines(file('long.gz', content), { onProgress: (read, size) => seen.push([read, size]) }),
    );
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
  });

  const noise = Array.from({ length: 5000 }, (_, i) => `# ${Math.imul(i, 2654435761) >>> 0}\n`).join('');

  test.each([
    [
      'cut.gz',
      gzipSync(noise).subarray(0, -1000),
      /cut\.gz:\d+: cannot be read: the compressed data ends too early$/,
    ],
    [
      'cut.br',
      brotliCompressSync(noise).subarray(0, -1000),
      /cut\.br:\d+: cannot be read: the compressed data ends/,
    ],
    [
      'head.gz',
      gzipSync(noise).subarray(0, 5),
      /head\.gz: cannot be read: the compressed data ends too early$/,
    ],
    [
      'text.gz',
      Buffer.from(TEXT),
      /text\.gz: cannot be read: the compressed data is damaged \(incorrect header check\)$/,
    ],
    ['zipped.trace', gzipSync(TEXT), /zipped\.trace:1: is not text in UTF-8$/],
  ])('%s is an error', async (name, content, message) => {
    await expect(readAll(openLines(file(name, content)))).rejects.toThrow(message);
  });

  test.each([
    ['none.trace', 'no such file or directory'],
    ['none.trace.gz', 'no such file or directory'],
    ['.', 'illegal operation on a directory'],
  ])('%s cannot be read', async (name, reason) => {
    const path = folder(name);
    const lines = openLines(path);
    await new Promise(setImmediate);
    await expect(readAll(lines)).rejects.toThrow(`${path}: cannot be read: ${reason}`);
  });
});
