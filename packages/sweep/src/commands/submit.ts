/** The command `submit`: gives a sweep to the workers. */
import { jobCount } from '../plan/job.js';
import type { PlannedSweep } from '../plan/make-sweep.js';
import { SweepQueue } from '../redis/queue.js';
import { register } from '../redis/registry.js';
import { storeOf, type TraceStore } from '../traces/trace-store.js';
import { parseCommand, type Command } from './command.js';
import { planOf } from './plan.js';
import { OpenRedis, REDIS_OPTIONS } from './redis-options.js';
import { say } from './say.js';
import { JobsBar } from './terminal.js';

const SUBMIT = {
  name: 'submit',
  operands: ['SPEC'],
  summary: 'Gives a sweep to the workers, and prints its id. Once more: what is missing, or was set aside.',
  options: REDIS_OPTIONS,
} as const;

export const submit: Command = {
  spec: SUBMIT,
  async run(args) {
    const { values, positionals } = parseCommand(SUBMIT, args);
    const planned = await planOf(positionals[0] ?? '');
    const { sweep } = planned;
    using connection = await OpenRedis.open(values);
    const { redis } = connection;
    const id = await register(redis, sweep);
    await putTraces(planned, storeOf(sweep.store, redis));
    await using queue = await SweepQueue.open(redis, id);
    using bar = new JobsBar(0, jobCount(sweep));
    await queue.add(sweep, (done) => {
      bar.update(done);
    });
    process.stdout.write(`${id}\n`);
    return 0;
  },
};

async function putTraces({ sweep, files }: PlannedSweep, store: TraceStore): Promise<void> {
  for (const { hash, name } of sweep.traces) {
    if (await store.has(hash)) continue;
    say(`storing ${name}`);
    await store.put(hash, files.get(hash) ?? name);
  }
}
