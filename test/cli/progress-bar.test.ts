// The bar: on a terminal, and only where something takes long.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { ProgressBar } from '../../lib/cli/progress-bar';
import type { OutputStream } from '../../lib/cli/terminal';

let now = 0;
beforeEach(() => {
  now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Makes a terminal, as far as cli-progress uses one. */
function terminal(): OutputStream & { text(): string } {
  const stream = new PassThrough({ encoding: 'utf8' });
  const nothing = () => undefined;
  return Object.assign(stream, {
    isTTY: true,
    columns: 80,
    cursorTo: nothing,
    clearLine: nothing,
    clearScreenDown: nothing,
    moveCursor: nothing,
    text: () => String(stream.read() ?? ''),
  });
}

test('is none elsewhere', async () => {
  expect(await ProgressBar.open(new PassThrough(), 'some')).toBeUndefined();
});

test('shows nothing in the first moment, then how much is done', async () => {
  const stream = terminal();
  const bar = await ProgressBar.open(stream, 'some');
  now = 100;
  bar?.update(1, 10);
  expect(stream.text()).toBe('');
  now = 1000;
  bar?.update(5, 10);
  bar?.[Symbol.dispose]();
  expect(stream.text()).toMatch(/some █+░+ 50 %/);
});

test('shows nothing where it is not known how much there is', async () => {
  const stream = terminal();
  const bar = await ProgressBar.open(stream, 'some');
  now = 1000;
  bar?.update(5, 0);
  bar?.[Symbol.dispose]();
  expect(stream.text()).toBe('');
});
