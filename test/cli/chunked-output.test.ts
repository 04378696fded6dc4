// Output in chunks, at the pace of who takes it.
import { expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import { ChunkedOutput } from '../../lib/cli/chunked-output';

test('small writes become one, large ones wait until they are taken', async () => {
  const taken: string[] = [];
  let takeNext: () => void = () => undefined;
  const slow = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      takeNext = () => {
        taken.push(chunk);
        done();
      };
    },
  });
  const output = new ChunkedOutput(slow);

  expect([output.write('a'), output.write('b')]).toEqual([undefined, undefined]);
  let isDone = false;
  const wait = output.write('c'.repeat(100_000))?.then(() => (isDone = true));
  await new Promise(setImmediate);
  expect([taken, isDone]).toEqual([[], false]);

  takeNext();
  await wait;
  expect(taken).toEqual([`ab${'c'.repeat(100_000)}`]);

  void output.write('d');
  const rest = output.flush();
  takeNext();
  await rest;
  expect(taken.at(-1)).toBe('d');
});
