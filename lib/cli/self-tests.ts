/** Tests for `gpu-buddy doctor`: a few calls through every floor, and a thread. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { mayStartWorkers } from '../addon/permissions';
import { AllocatedBlocks, GpuBuddy, SZ_1M, SZ_4K, SZ_64K } from '../index';
import type { AllocatedBlocksToken } from '../tokens';
import { parseOperation, TraceReplayer } from '../trace';

/** Calls, and what a booted Linux 7.3.4 has answered: the beginning of test/golden/tiny.trace. */
const RECORDED = [
  ['init 0x34000 0x4000', '0 avail=0x34000 clear_avail=0x0'],
  ['alloc 0 0x2c000 0x34000 0x8000 0x4000 0x1', '0 0x2c000:0:0 0x30000:0:0 avail=0x2c000 clear_avail=0x0'],
  ['free 0 0x10', '0 avail=0x34000 clear_avail=0x8000'],
  ['alloc 0 0x0 0x34000 0x24000 0x4000 0x8', '0 0x0:3:0 0x30000:0:1 avail=0x10000 clear_avail=0x4000'],
  ['trim 0 0x30000 0x4000', '-22 0x0:3:0 0x30000:0:1 avail=0x10000 clear_avail=0x4000'],
  ['free 0 0x0', '0 avail=0x34000 clear_avail=0x4000'],
  ['alloc 0 0x10000 0x34000 0x8000 0x4000 0x29', '0 0x10000:1:0 avail=0x2c000 clear_avail=0x4000'],
  ['free 0 0x10', '0 avail=0x34000 clear_avail=0xc000'],
  ['lookup 0x33fff', '0 null avail=0x34000 clear_avail=0xc000'],
  ['alloc 0 0x0 0x34000 0x8000 0x4000 0x2', '0 0x20000:1:0 avail=0x2c000 clear_avail=0xc000'],
  ['free 0 0x0', '0 avail=0x34000 clear_avail=0xc000'],
  [
    'alloc 0 0x0 0x34000 0x34000 0x4000 0x8',
    '0 0x0:2:0 0x10000:1:1 0x18000:1:0 0x20000:1:0 0x28000:0:0 0x2c000:0:1 0x30000:0:0 avail=0x0 clear_avail=0x0',
  ],
  ['alloc 1 0x28000 0x34000 0xc000 0x4000 0x1', '-28 avail=0x0 clear_avail=0x0'],
] as const;

/** Each by what it tests. One that can't be done here tells why. */
export const selfTests: Readonly<Record<string, () => string | undefined | Promise<string | undefined>>> = {
  'allocate and free': () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_64K, { minBlockSize: SZ_64K });
    assert.equal(blocks.at(0)?.offset, SZ_1M - SZ_64K);
    assert.throws(() => buddy.allocBlocks(SZ_1M), { code: 'ENOSPC' });
    blocks.free();
    assert.equal(buddy.avail, SZ_1M);
    buddy.dispose();
    return undefined;
  },

  'answers of a booted kernel': () => {
    using replayer = new TraceReplayer();
    for (const [line, answer] of RECORDED) assert.equal(replayer.execute(parseOperation(line)), answer);
    return undefined;
  },

  'a list from another thread': async () => {
    if (!mayStartWorkers()) return 'a thread takes --allow-worker';
    const buddy = new GpuBuddy({ size: SZ_1M });
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { GpuBuddy } = require(workerData.package);
      // What a thread gives away must be taken up while it lives.
      parentPort.on('message', () => {});
      parentPort.postMessage(GpuBuddy.from(workerData.token).allocBlocks(${String(SZ_4K)}).transfer());`;
    const worker = new Worker(program, {
      eval: true,
      workerData: { package: join(__dirname, '..', 'index.js'), token: buddy.share() },
    });
    const list = await new Promise<AllocatedBlocksToken>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
    const blocks = AllocatedBlocks.adopt(list);
    await worker.terminate();
    assert.equal(buddy.avail, SZ_1M - SZ_4K);
    blocks.free();
    assert.equal(buddy.avail, SZ_1M);
    return undefined;
  },
};
