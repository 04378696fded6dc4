// Waiting for memory between threads, and what it does to the life of a process. Workers load the built package (see built-package.ts).

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { startActor } from './actor';
import { built, packageFile, runProgram, soon } from '../support/built-package';

const { AllocatedBlocks, GpuBuddy, SZ_1M, SZ_4K } = built;

describe('a wait ends when another thread', () => {
  test('frees, and counts from what this one has seen', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const worker = startActor();
    await worker.act('from', buddy.share());
    const list = await worker.act('alloc', SZ_1M);
    const since = buddy.epoch;
    expect(buddy.tryAllocBlocks(SZ_4K)).toBeNull();
    await worker.act('free', list);
    expect(await soon('the free', buddy.waitForFree({ since }))).toBe(since + 1);
    const wait = buddy.waitForFree();
    await worker.act('alloc', SZ_4K);
    await worker.act('free', 1);
    expect(await soon('the second free', wait)).toBe(since + 2);
  });

  test('ends, in whatever way, and by that frees what it had', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    for (const end of ['exit', 'terminate', 'throw'] as const) {
      const worker = startActor();
      await worker.act('from', buddy.share());
      await worker.act('alloc', SZ_1M);
      const wait = buddy.waitForFree();
      if (end === 'exit') worker.start('exit');
      else if (end === 'throw') worker.start('throwLater');
      else await worker.terminate();
      await soon(`the end by ${end}`, wait);
      expect(buddy.avail).toBe(SZ_1M);
    }
  });

  test('ends with a list under way that nobody has adopted', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const worker = startActor();
    await worker.act('from', buddy.share());
    await worker.act('transfer', await worker.act('alloc', SZ_4K));
    const wait = buddy.waitForFree();
    await worker.terminate();
    await soon('the end', wait);
    expect(buddy.avail).toBe(SZ_1M);
  });
});

test('a wait in a terminated thread is never resolved, while others free and wait', async () => {
  const buddy = new GpuBuddy({ size: SZ_1M });
  const state = { isDone: false };
  const frees = (async () => {
    while (!state.isDone) {
      for (let i = 0; i < 200; i++) buddy.allocBlocks(SZ_4K).free();
      await soon('a free', buddy.waitForFree({ since: buddy.epoch - 1 }));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const rounds = Array.from({ length: 12 }, async (_, round) => {
    for (let i = 0; i < 4; i++) {
      const worker = startActor();
      await worker.act('from', buddy.share());
      worker.start('waitAgainAndAgain');
      await sleep((7 * round) % 20);
      await worker.terminate();
    }
  });
  await Promise.all(rounds);
  state.isDone = true;
  await frees;
  expect(buddy.avail).toBe(SZ_1M);
  expect(AllocatedBlocks.adopt(buddy.allocBlocks(SZ_4K).transfer()).size).toBe(SZ_4K);
});

describe('a process', () => {
  test.each(['free', 'free of a list that is queued', 'abort', 'dispose', 'free in another thread'])(
    'stays for a wait that ends by %s',
    async (how) => {
      expect(await runProgram('waits.cjs', { argument: how })).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test.each(['ref: false', 'one that has ended, and one with ref: false', 'the end of its worker'])(
    'goes, with a wait: %s',
    async (how) => {
      expect(await runProgram('waits.cjs', { argument: how })).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('stays for a wait that nobody ends', async () => {
    const child = fork(join(__dirname, 'programs/waits.cjs'), [packageFile, '"without an end"'], {
      silent: true,
    });
    if (child.stdout) await soon('that it waits', once(child.stdout, 'data'));
    child.disconnect();
    await sleep(300);
    expect(child.exitCode).toBeNull();
    child.kill();
    await soon('its end', once(child, 'exit'));
  });
});
