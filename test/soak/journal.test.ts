// Threads that do everything at once, some of which are terminated: a replay of the journal gives the very same answers, line by line.
import { createReadStream, createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import type * as Trace from 'gpu-buddy/trace';
import { built, packageFolder } from '../support/built-package';
import { soak } from '../support/soak';
import { temporaryFolder } from '../support/temporary-folder';

const { GpuBuddy, SZ_16M } = built;
const { Comparison, LineReader, recordTrace, replayTrace, TraceReplayer } = createRequire(__filename)(
  join(packageFolder, 'dist/trace/index.js'),
) as typeof Trace;

const THREADS = 4;
const inFolder = temporaryFolder();

test(
  'four threads, one of which is terminated again and again: the replay is identical',
  async () => {
    const file = inFolder('threads.trace');
    const buddy = new GpuBuddy({ size: SZ_16M });
    const account = buddy.account();
    const held = buddy.allocMany(100, 12_288, { account });
    for (const list of held.splice(0, 50)) list.free({ cleared: true });
    buddy.startJournal({ capacity: 2 ** 28 });
    const stream = createWriteStream(file);
    const recorded = recordTrace(buddy, stream);

    const work = async (seed: number): Promise<void> => {
      for (let life = 0; life < (seed === 0 ? 4 : 1); life++) {
        const worker = new Worker(join(__dirname, 'journal-worker.cjs'), {
          workerData: {
            token: buddy.share(),
            account: account.share(),
            seed: 100 * life + seed,
            steps: (seed === 0 ? 1_000 : 4_000) * soak,
          },
        });
        await new Promise((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        });
        await worker.terminate();
      }
    };
    await Promise.all(Array.from({ length: THREADS }, (_, seed) => work(seed)));
    for (const list of held) list.free();
    expect(buddy.isEmpty).toBe(true);
    buddy.stopJournal();
    await recorded;
    await new Promise((resolve) => stream.end(resolve));

    const comparison = new Comparison();
    using lines = new LineReader(createReadStream(file), file, { maxLineLength: 2 ** 24 });
    using replayer = new TraceReplayer();
    await replayTrace(lines, replayer, [comparison]);
    expect(comparison.firstDifference).toBeUndefined();
    expect(comparison.counts.identical).toBeGreaterThan(10_000 * soak);
    expect(replayer.avail).toBe(SZ_16M);
    expect(lines.isReady).toBe(false);
  },
  120_000 * soak,
);
