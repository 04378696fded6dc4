// Keeps a process alive while requests wait, and no longer. The program loads the built package (see built-package.ts).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { packageFile, packageFolder, runProgram, soon } from '../support/built-package';

describe('a process', () => {
  test.each([
    'free',
    'free of the same turn',
    'free in another thread',
    'abort',
    'timeout',
    'close',
    'the end of the allocator',
  ])('stays for a request whose wait ends by %s', async (how) => {
    expect(await runProgram('queue.cjs', { argument: how })).toMatchObject({ code: 0, stderr: '' });
  });

  test.each(['a queue that nobody closes', 'waits that have ended', 'the end of its worker'])(
    'goes, with %s',
    async (how) => {
      expect(await runProgram('queue.cjs', { argument: how })).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('stays for a request that nobody grants', async () => {
    const child = fork(
      join(packageFolder, 'test/safety/programs/queue.cjs'),
      [packageFile, '"without an end"'],
      { silent: true },
    );
    if (child.stdout) await soon('that it waits', once(child.stdout, 'data'));
    child.disconnect();
    await sleep(300);
    expect(child.exitCode).toBeNull();
    child.kill();
    await soon('its end', once(child, 'exit'));
  });
});
