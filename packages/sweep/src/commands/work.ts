/** The command `work`: serves submitted sweeps. */
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { LIBRARY } from '../plan/make-sweep.js';
import type { Sweep } from '../plan/sweep.js';
import { SweepQueue } from '../redis/queue.js';
import { findSweep, listSweeps } from '../redis/registry.js';
import { isOver, serveSweep } from '../redis/serve-sweep.js';
import { loadKernel } from '../replay/kernels.js';
import { ReplayPool } from '../replay/replay-pool.js';
import { SweepError } from '../sweep-error.js';
import { TraceCache } from '../traces/trace-cache.js';
import { storeOf } from '../traces/trace-store.js';
import { parseCommand, toCount, type Command } from './command.js';
import { OpenRedis, REDIS_OPTIONS } from './redis-options.js';
import { THREADS } from './run.js';
import { say } from './say.js';
import { interruption } from './terminal.js';

const LOCK_SECONDS = 30;
const LOOK_MS = 2000;

const WORK = {
  name: 'work',
  operands: ['[SWEEP]'],
  summary: 'Serves a submitted sweep until it is done; without an id, all of them, until it is stopped.',
  options: {
    ...REDIS_OPTIONS,
    threads: THREADS,
    store: {
      type: 'string',
      value: 'URL',
      multiple: true,
      help: 'folder (file:///…) or URL that traces may be fetched from; several times for several',
    },
    cache: {
      type: 'string',
      value: 'FOLDER',
      help: 'keeps fetched traces. Default: ~/.cache/gpu-buddy-sweep',
    },
    lock: {
      type: 'string',
      value: 'SECONDS',
      help: `after which jobs of a dead worker are given to others. Default: ${LOCK_SECONDS}`,
    },
  },
} as const;

export const work: Command = {
  spec: WORK,
  async run(args) {
    const { values, positionals } = parseCommand(WORK, args);
    const threads = values.threads === undefined ? undefined : toCount('threads', values.threads);
    const lockMs = 1000 * (values.lock === undefined ? LOCK_SECONDS : toCount('lock', values.lock));
    const stores = new Set(['redis', ...(values.store ?? []).map((url) => url.replace(/\/+$/, ''))]);
    const folder =
      values.cache ??
      path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'gpu-buddy-sweep');
    const { signal } = interruption();
    using connection = await OpenRedis.open(values);
    const { redis } = connection;
    await using pool = new ReplayPool(threads);
    const [wanted] = positionals;
    const serve = async (id: string, sweep: Sweep) => {
      say(`serving sweep ${id}`);
      const cache = new TraceCache(folder, storeOf(sweep.store, redis));
      const onFailed = (message: string) => {
        say(`set aside: ${message}`);
      };
      await serveSweep({ redis, id, sweep, pool, cache, lockMs, signal, onFailed });
    };
    if (wanted !== undefined) {
      const sweep = await findSweep(redis, wanted);
      refuseOthers(sweep, wanted, stores);
      await serve(wanted, sweep);
      return signal.aborted ? 130 : 0;
    }
    const refused = new Set<string>();
    while (!signal.aborted) {
      const next = await nextSweep(redis, stores, refused);
      if (next) await serve(next.id, next.sweep);
      else await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    return 0;
  },
};

/** Gives the oldest sweep that has jobs left and that this worker can serve. */
async function nextSweep(
  redis: Redis,
  stores: ReadonlySet<string>,
  refused: Set<string>,
): Promise<{ id: string; sweep: Sweep } | undefined> {
  for (const id of await listSweeps(redis)) {
    if (refused.has(id)) continue;
    try {
      const sweep = await findSweep(redis, id);
      refuseOthers(sweep, id, stores);
      await using queue = await SweepQueue.open(redis, id);
      if (!(await isOver(queue))) return { id, sweep };
    } catch (error) {
      if (!(error instanceof SweepError)) throw error;
      say(`leaving sweep ${id} to others: ${error.message}`);
      refused.add(id);
    }
  }
  return undefined;
}

/** Refuses a sweep that would have other results here, or that would have this machine fetch what its owner has not allowed. */
function refuseOthers({ library, kernels, store }: Sweep, id: string, stores: ReadonlySet<string>): void {
  if (library !== LIBRARY)
    throw new SweepError(
      'ERR_SWEEP_REDIS',
      `sweep ${id} is for gpu-buddy ${library}, and this is ${LIBRARY}`,
    );
  for (const kernel of kernels) loadKernel(kernel);
  if (!stores.has(store))
    throw new SweepError(
      'ERR_SWEEP_TRACE',
      `sweep ${id} keeps its traces at ${store}: allow that by --store ${store}`,
    );
}
