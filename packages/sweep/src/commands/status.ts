/** The command `status`: tells how far submitted sweeps are. */
import { jobCount } from '../plan/job.js';
import { SweepQueue } from '../redis/queue.js';
import { findSweep, listSweeps } from '../redis/registry.js';
import { tableText } from '../report/table-text.js';
import { parseCommand, type Command } from './command.js';
import { OpenRedis, REDIS_OPTIONS } from './redis-options.js';

const HEADINGS = ['sweep', 'jobs', 'done', 'running', 'waiting', 'set aside', 'missing', 'workers', ''];

const STATUS = {
  name: 'status',
  operands: ['[SWEEP]'],
  summary: 'Tells how far submitted sweeps are.',
  options: REDIS_OPTIONS,
} as const;

export const status: Command = {
  spec: STATUS,
  async run(args) {
    const { values, positionals } = parseCommand(STATUS, args);
    using connection = await OpenRedis.open(values);
    const { redis } = connection;
    const ids = positionals.length > 0 ? positionals : await listSweeps(redis);
    const rows: (string | number)[][] = [];
    for (const id of ids) {
      const jobs = jobCount(await findSweep(redis, id));
      await using queue = await SweepQueue.open(redis, id);
      const { done, running, waiting, setAside } = await queue.counts();
      // Jobs that were cancelled, or that Redis lost when it was killed: submitting the sweep again brings them back.
      const missing = jobs - done - running - waiting - setAside;
      const workers = await queue.workers();
      const note = (await queue.isPaused()) ? 'paused' : '';
      rows.push([id, jobs, done, running, waiting, setAside, missing, workers, note]);
    }
    process.stdout.write(tableText(HEADINGS, rows));
    return 0;
  },
};
