// A viewer of a running allocator sees what it holds, and harms nobody.
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { GpuBuddy, kernelVersion, STATE_ALLOCATED, STATE_CLEAR, SZ_1M, SZ_4K } from 'gpu-buddy';
import {
  inspect,
  mountInspection,
  type Inspection,
  type InspectOptions,
  type MountedInspection,
  type MountOptions,
} from 'gpu-buddy/inspect';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { allocatorOf } from '../../lib/gpu-buddy';
import { Feed } from '../../lib/inspect/feed';
import { framesOf } from '../../lib/inspect/viewer';
import { FrameType } from '../../lib/page/frames';
import { ask, open } from '../local-server/ask';
import { temporaryFolder } from '../support/temporary-folder';
import { until, Viewer, type LiveBlock } from './browser';

const K = SZ_4K;
const folder = temporaryFolder();
beforeAll(() => {
  mkdirSync(folder('page'));
  writeFileSync(folder('page/index.html'), '<!doctype html>');
});

const inspections: Inspection[] = [];
const buddies: GpuBuddy[] = [];

function newBuddy(size = SZ_1M, name?: string): GpuBuddy {
  const buddy = new GpuBuddy({ size, name });
  buddies.push(buddy);
  return buddy;
}

async function look(buddy: GpuBuddy, options?: InspectOptions): Promise<Inspection> {
  const inspection = await inspect(buddy, { page: folder('page'), ...options });
  inspections.push(inspection);
  return inspection;
}

/** Waits until the viewer has the state. */
async function connect(inspection: Inspection): Promise<Viewer> {
  const viewer = await Viewer.connect(inspection.link());
  await until(() => viewer.isComplete || viewer.failure !== undefined);
  return viewer;
}

afterEach(async () => {
  await Promise.all(inspections.splice(0).map((inspection) => inspection.close()));
  for (const buddy of buddies.splice(0)) if (!buddy.disposed) buddy.freeAll();
});

/** The blocks that are allocated. */
function blocksOf(buddy: GpuBuddy): LiveBlock[] {
  const { offsets, orders, states, tags } = buddy.snapshot();
  return [...offsets]
    .map((offset, row) => ({ offset, order: orders[row] ?? 0, state: states[row] ?? 0, tag: tags[row] ?? 0 }))
    .filter(({ state }) => (state & STATE_ALLOCATED) !== 0)
    .map(({ offset, order, state, tag }) => ({
      offset,
      order,
      clear: (state & STATE_CLEAR) === 0 ? 0 : 1,
      label: tag === 0 ? '' : String(tag),
    }));
}

/** Gives the places where the viewer sees blocks. */
const placesOf = (blocks: readonly LiveBlock[]): unknown[] =>
  blocks.map(({ offset, order, clear }) => [offset, order, clear]);

describe('a viewer', () => {
  test('sees what lives when it comes, and then what happens', async () => {
    const buddy = newBuddy();
    buddy.allocBlocks(3 * K, { tag: 7 });
    buddy.allocBlocks(K).free({ cleared: true });
    const viewer = await connect(await look(buddy));
    expect(viewer.blocks).toEqual(blocksOf(buddy));
    expect(viewer.clearAvail).toBe(K);
    buddy.allocBlocks(8 * K, { tag: 8 }).trim(3 * K);
    const list = buddy.allocBlocks(K);
    list.append(buddy.allocBlocks(2 * K));
    list.freeBlock(0, { cleared: true });
    await until(() => viewer.line >= 5);
    expect(placesOf(viewer.blocks)).toEqual(placesOf(blocksOf(buddy)));
    expect(viewer.clearAvail).toBe(buddy.clearAvail);
  });

  test('who comes later sees the same, and shares the journal', async () => {
    const buddy = newBuddy();
    const inspection = await look(buddy);
    const first = await connect(inspection);
    const lists = Array.from({ length: 20 }, (_, tag) => buddy.allocBlocks(K, { tag }));
    await until(() => first.line >= 20);
    for (const list of lists.filter((_, index) => index % 3 === 0)) list.free();
    const second = await connect(inspection);
    lists[1]?.free();
    await until(() => first.line >= 28 && second.line >= 28);
    for (const viewer of [first, second]) {
      expect(viewer.blocks).toEqual(blocksOf(buddy));
      expect([viewer.resets, viewer.failure]).toEqual([1, undefined]);
    }
  });

  test('sees what four threads do', async () => {
    const buddy = newBuddy(64 * SZ_1M);
    const viewer = await connect(await look(buddy));
    const workers = Array.from({ length: 4 }, (_, seed) => runWorker(buddy, 1000, seed + 1));
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
    buddy.allocBlocks(K, { tag: 12345 });
    await until(() => viewer.blocks.some(({ label }) => label === '12345'));
    expect(viewer.blocks.length).toBeGreaterThan(100);
    expect(viewer.blocks).toEqual(blocksOf(buddy));
    expect(viewer.resets).toBe(1);
    // The lists of a thread end with it.
    await Promise.all(workers.map((worker) => worker.terminate()));
    await until(() => viewer.blocks.length === 1);
    expect(viewer.blocks).toEqual(blocksOf(buddy));
  });

  test('is told ten times a second at most', async () => {
    const buddy = newBuddy();
    const viewer = await connect(await look(buddy));
    const pool = buddy.pool();
    const busy = setInterval(() => {
      pool.free(pool.alloc(K));
    }, 1);
    await until(() => viewer.updates.length >= 6);
    clearInterval(busy);
    const gaps = viewer.updates.slice(1).map((time, index) => time - (viewer.updates[index] ?? 0));
    // One that comes late may be followed by one in time.
    expect(gaps.reduce((sum, gap) => sum + gap) / gaps.length).toBeGreaterThan(90);
  });

  test('hears that it is connected while nothing happens', async () => {
    const viewer = await connect(await look(newBuddy()));
    await until(() => viewer.ticks >= 2);
  });

  test('sees a new state where entries were lost, and nothing that is wrong', async () => {
    const buddy = newBuddy(64 * SZ_1M);
    const viewer = await connect(await look(buddy));
    const pool = buddy.pool();
    const kept = buddy.allocBlocks(5 * K);
    for (let count = 0; count < 50_000; count++) pool.free(pool.alloc(K));
    await until(() => viewer.resets === 2 && viewer.isComplete);
    kept.freeBlock(1);
    await until(() => viewer.blocks.length === 1);
    expect(viewer.blocks).toEqual(blocksOf(buddy));
  });

  test('who is slow is given the state anew, and no more memory', async () => {
    const buddy = newBuddy(64 * SZ_1M);
    const feed = new Feed(allocatorOf(buddy), () => undefined);
    const { signal } = new AbortController();
    const [slow, quick] = [framesOf(feed, signal), framesOf(feed, signal)];
    for (const viewer of [slow, quick]) await framesUntil(viewer, FrameType.TICK);
    const pool = buddy.pool();
    for (let round = 0; round < 5; round++) {
      for (let count = 0; count < 2000; count++) pool.free(pool.alloc(K));
      expect(await framesUntil(quick, FrameType.EFFECTS)).not.toContain(FrameType.RESET);
    }
    expect(await framesUntil(slow, FrameType.COMPLETE)).toContain(FrameType.RESET);
    for (const viewer of [slow, quick]) await viewer.return(undefined);
    expect(feed.followers).toBe(0);
  });

  test('is one of eight', async () => {
    const inspection = await look(newBuddy());
    const viewers: Viewer[] = [];
    for (let count = 0; count < 9; count++) viewers.push(await connect(inspection));
    expect(viewers.map(({ failure }) => failure?.code)).toEqual([
      ...Array<undefined>(8),
      'ERR_GPU_BUDDY_VIEWERS',
    ]);
    await viewers[0]?.close();
    for (;;) if ((await connect(inspection)).failure === undefined) break;
  });

  test('sees names as the text that they are, cut', async () => {
    const names = [
      '<script>alert(1)</script>',
      '\u202etxt.exe',
      '\u001b[31mred',
      'x'.repeat(2 ** 20),
      '"</title>',
    ];
    const buddy = newBuddy();
    const label = ({ tag }: { readonly tag: number }): string | undefined => names[tag - 1];
    const viewer = await connect(await look(buddy, { label }));
    for (let tag = 0; tag <= names.length; tag++) buddy.allocBlocks(K, { tag });
    await until(() => viewer.line >= names.length + 1);
    expect(viewer.blocks.map((block) => block.label).reverse()).toEqual([
      '',
      ...names.map((name) => (name.length > 256 ? `${name.slice(0, 256)}…` : name)),
    ]);
  });

  test.each<[what: string, label: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['gives no text', () => 7],
  ])('sees lists without names where the function %s', async (_, label) => {
    const buddy = newBuddy();
    const viewer = await connect(await look(buddy, { label: label as () => string }));
    buddy.allocBlocks(K);
    await until(() => viewer.line >= 1);
    expect(viewer.blocks).toEqual(blocksOf(buddy));
  });

  test('sees failures with their reasons', async () => {
    const buddy = newBuddy();
    const viewer = await connect(await look(buddy));
    buddy.allocBlocks(K);
    buddy.tryAllocBlocks(SZ_1M, { tag: 3 });
    await until(() => viewer.table.failures.length === 1);
    const { texts, failures } = viewer.table;
    const [{ code, label, size } = { code: 0, label: 0, size: 0 }] = failures;
    expect([texts[code], texts[label], size]).toEqual(['ENOSPC', '3', SZ_1M]);
  });
});

describe('an inspection', () => {
  test('tells what it shows', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: 0x10_0000, name: '<b>' });
    buddies.push(buddy);
    const { url } = await look(buddy);
    const { body } = await ask(url, { path: '/session', headers: { cookie: await open(url) } });
    expect(JSON.parse(body.toString())).toEqual({
      protocol: 1,
      kind: 'live',
      sources: [{ name: '<b>', baseOffset: 0x10_0000, kernel: kernelVersion }],
    });
  });

  test('shows spaces that end above 2^53', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: 2n ** 60n, bigint: true });
    const inspection = await inspect(buddy, { page: folder('page') });
    inspections.push(inspection);
    const blocks = buddy.allocBlocks(K);
    const viewer = await connect(inspection);
    expect([viewer.blocks[0]?.offset, viewer.table.spaces[0]?.baseOffset]).toEqual([
      SZ_1M - K,
      String(2n ** 60n),
    ]);
    blocks.free();
  });

  test('keeps a journal only as long as somebody looks', async () => {
    const buddy = newBuddy();
    const inspection = await look(buddy);
    buddy.startJournal();
    buddy.stopJournal();
    for await (const entry of buddy.journal()) expect(entry.kind).toBe('start');
    const viewer = await connect(inspection);
    expect(() => {
      buddy.startJournal();
    }).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    await viewer.close();
    await until(() => begins(buddy));
    buddy.stopJournal();
  });

  test.each<[what: string, prepare: (buddy: GpuBuddy) => void]>([
    [
      'runs',
      (buddy) => {
        buddy.startJournal();
      },
    ],
    [
      'has not been read',
      (buddy) => {
        buddy.startJournal();
        buddy.stopJournal();
      },
    ],
  ])("leaves a journal of the program's alone that %s", async (_, prepare) => {
    const buddy = newBuddy();
    const inspection = await look(buddy);
    prepare(buddy);
    const viewer = await connect(inspection);
    await viewer.closed();
    expect(viewer.failure?.code).toBe('EBUSY');
    for await (const entry of buddy.journal()) {
      expect(entry.kind).toBe('start');
      if (entry.kind === 'start') break;
    }
  });

  test('recovers where the program reads its journal', async () => {
    const buddy = newBuddy();
    const viewer = await connect(await look(buddy));
    buddy.allocBlocks(K);
    for await (const entry of buddy.journal()) if (entry.kind === 'alloc') break;
    buddy.allocBlocks(2 * K);
    await until(() => viewer.resets === 2 && viewer.isComplete);
    expect(viewer.blocks).toEqual(blocksOf(buddy));
  });

  test.each<[what: string, end: (buddy: GpuBuddy) => void, code: string]>([
    [
      'stops its journal',
      (buddy) => {
        buddy.stopJournal();
      },
      'ERR_GPU_BUDDY_JOURNAL_ENDED',
    ],
    [
      'disposes of the allocator',
      (buddy) => {
        buddy.dispose();
      },
      'ERR_GPU_BUDDY_DISPOSED',
    ],
  ])('tells viewers that the program %s, behind what came before', async (_, end, code) => {
    const buddy = newBuddy();
    const viewer = await connect(await look(buddy));
    const list = buddy.allocBlocks(K, { tag: 9 });
    if (code.endsWith('ENDED')) end(buddy);
    else {
      await until(() => viewer.line === 1);
      end(buddy);
    }
    await viewer.closed();
    expect([viewer.failure?.code, viewer.blocks[0]?.label]).toEqual([code, '9']);
    list.free();
  });

  test('ends with the worker that has it, and so does its journal', async () => {
    const buddy = newBuddy();
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const { GpuBuddy } = require(workerData.root);
       const { inspect } = require(workerData.root + '/dist/inspect/index.js');
       const buddy = GpuBuddy.from(workerData.token);
       inspect(buddy, { page: workerData.page }).then(({ url }) => parentPort.postMessage(url));
       parentPort.on('message', () => { for (;;); });`,
      {
        eval: true,
        workerData: { root: join(__dirname, '../..'), token: buddy.share(), page: folder('page') },
      },
    );
    const [link] = (await once(worker, 'message')) as [string];
    const viewer = await Viewer.connect(link);
    await until(() => viewer.isComplete);
    expect(begins(buddy)).toBe(false);
    worker.postMessage('spin');
    await worker.terminate();
    await viewer.closed();
    expect(begins(buddy)).toBe(true);
    buddy.stopJournal();
  });

  test('that is closed leaves nothing open, and no journal', () => {
    const program = `
      const { GpuBuddy } = require('gpu-buddy');
      const { inspect } = require('gpu-buddy/inspect');
      (async () => {
        const buddy = new GpuBuddy({ size: 2 ** 20 });
        const inspection = await inspect(buddy, { page: process.argv[1] });
        const redirect = await fetch(inspection.url, { redirect: 'manual' });
        const cookie = redirect.headers.get('set-cookie').split(';')[0];
        const stream = await fetch(new URL('/effects/0', inspection.url), { headers: { cookie } });
        const reader = stream.body.getReader();
        await reader.read();
        await inspection.close();
        await reader.closed.catch(() => undefined);
        buddy.startJournal();
        console.log('closed', buddy.avail);
      })();`;
    const output = execFileSync(process.execPath, ['-e', program, folder('page')], {
      cwd: join(__dirname, '../..'),
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(output).toBe('closed 1048576\n');
  });

  test('ends by `await using`', async () => {
    let url: string;
    {
      await using inspection = await inspect(newBuddy(), { page: folder('page') });
      ({ url } = inspection);
    }
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.each<[what: string, options: object, code: string]>([
    ['an option that nobody knows', { prot: 80 }, 'ERR_INVALID_ARG_VALUE'],
    ['a function that is none', { label: 'tag' }, 'ERR_INVALID_ARG_TYPE'],
    ['a folder that is none', { page: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['a folder without a page', { page: __dirname }, 'ERR_GPU_BUDDY_NO_PAGE'],
    ['a port that is none', { port: -1 }, 'ERR_OUT_OF_RANGE'],
    ['another address alone', { host: '0.0.0.0' }, 'ERR_INVALID_ARG_VALUE'],
  ])('refuses %s', async (_, options, code) => {
    await expect(look(newBuddy(), options)).rejects.toMatchObject({ code });
  });

  test('refuses an allocator that is disposed of, and what is none', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    buddy.dispose();
    await expect(look(buddy)).rejects.toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
    await expect(look({} as GpuBuddy)).rejects.toThrow(TypeError);
  });
});

describe("a part of a program's own server", () => {
  async function mount(
    options?: MountOptions,
  ): Promise<{ url: string; mounted: MountedInspection; buddy: GpuBuddy }> {
    const buddy = newBuddy();
    const mounted = mountInspection(buddy, { page: folder('page'), ...options });
    const server = createServer(mounted.handle).listen(0, '127.0.0.1');
    await once(server, 'listening');
    inspections.push({
      url: '',
      link: () => '',
      close: async () => {
        mounted.close();
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
    return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, mounted, buddy };
  }

  test('shows the same behind links', async () => {
    const { url, mounted, buddy } = await mount({ path: '/ops/inspect' });
    expect((await ask(`${url}/ops/inspect/`)).status).toBe(401);
    const viewer = await Viewer.connect(url + mounted.link());
    await until(() => viewer.isComplete);
    buddy.allocBlocks(K);
    await until(() => viewer.line === 1);
    expect(viewer.blocks).toEqual(blocksOf(buddy));
    mounted.close();
    await viewer.closed();
    expect((await ask(`${url}/ops/inspect/`)).status).toBe(503);
  });

  test('asks nobody where the program has asked', async () => {
    const { url, mounted } = await mount({ authenticated: true });
    expect([mounted.link(), (await ask(`${url}/`)).status]).toEqual(['/', 200]);
    const elsewhere = { headers: { 'sec-fetch-site': 'same-site' } };
    expect((await ask(`${url}/session`, elsewhere)).status).toBe(403);
  });

  test('closes with its signal, and knows the names that it is told', async () => {
    const controller = new AbortController();
    const { url } = await mount({
      authenticated: true,
      allowedHosts: ['gpu.example'],
      signal: controller.signal,
    });
    const status = async (host: string): Promise<number> =>
      (await ask(`${url}/`, { headers: { host } })).status;
    expect([await status('gpu.example'), await status('127.0.0.1')]).toEqual([200, 421]);
    controller.abort();
    expect(await status('gpu.example')).toBe(503);
  });

  test.each<[what: string, options: object, code: string]>([
    ['an option that nobody knows', { port: 80 }, 'ERR_INVALID_ARG_VALUE'],
    ['a path that ends in /', { path: '/inspect/' }, 'ERR_INVALID_ARG_VALUE'],
    ['a path that goes up', { path: '/../inspect?' }, 'ERR_INVALID_ARG_VALUE'],
    ['a path that is none', { path: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['a flag that is none', { authenticated: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
    ['names that are none', { allowedHosts: ['*'] }, 'ERR_INVALID_ARG_VALUE'],
  ])('refuses %s', (_, options, code) => {
    const open = (): unknown => mountInspection(newBuddy(), { page: folder('page'), ...options });
    expect(open).toThrow(expect.objectContaining({ code }));
  });
});

/** Takes frames up to one of a type, and gives the types of all of them. */
async function framesUntil(viewer: AsyncGenerator<Uint8Array>, last: number): Promise<number[]> {
  const types: number[] = [];
  while (types.at(-1) !== last) types.push(((await viewer.next()).value as Uint8Array)[4] ?? 0);
  return types;
}

/** Whether a journal can begin: there is no other. */
function begins(buddy: GpuBuddy): boolean {
  try {
    buddy.startJournal();
    return true;
  } catch {
    return false;
  }
}

/** A thread that does so many operations, tells, and keeps what it has. */
function runWorker(buddy: GpuBuddy, operations: number, seed: number): Worker {
  return new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const { GpuBuddy } = require(workerData.root);
     const { randomNumbers } = require(workerData.root + '/test/support/random.cjs');
     const next = randomNumbers(workerData.seed);
     const buddy = GpuBuddy.from(workerData.token);
     const lists = [];
     for (let count = 0; count < workerData.operations; count++) {
       const list = lists[next() % lists.length];
       switch (next() % 4) {
         case 0:
           if (list && !list.freed) list.free({ cleared: next() % 2 === 0 });
           break;
         case 1:
           if (list && !list.freed && list.length === 1 && list.size > 4096) list.trim(4096);
           break;
         default:
           lists.push(buddy.allocBlocks(4096 * (1 + (next() % 12)), { tag: 1 + (next() % 9) }));
       }
     }
     parentPort.postMessage('done');
     parentPort.on('message', () => lists.length);`,
    { eval: true, workerData: { root: join(__dirname, '../..'), token: buddy.share(), operations, seed } },
  );
}
