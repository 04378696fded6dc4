/** The command `collect`: writes what the workers have found. */
import { setTimeout } from 'node:timers/promises';
import { SweepQueue } from '../redis/queue.js';
import { findSweep } from '../redis/registry.js';
import { isOver, type JobAnswer } from '../redis/serve-sweep.js';
import { checkRow } from '../replay/row.js';
import type { Results } from '../results/results.js';
import { parseCommand, type Command } from './command.js';
import { OpenRedis, REDIS_OPTIONS } from './redis-options.js';
import { openResults, OUTPUT, report } from './run.js';
import { interruption, JobsBar } from './terminal.js';

const LOOK_MS = 500;

const COLLECT = {
  name: 'collect',
  operands: ['SWEEP'],
  summary: 'Writes what the workers have found, as run does; what is written stays in Redis as well.',
  options: {
    ...REDIS_OPTIONS,
    output: OUTPUT,
    wait: { type: 'boolean', short: 'w', default: false, help: 'wait until all is done' },
  },
} as const;

export const collect: Command = {
  spec: COLLECT,
  async run(args) {
    const { values, positionals } = parseCommand(COLLECT, args);
    const [id = ''] = positionals;
    const controller = interruption();
    using connection = await OpenRedis.open(values);
    const sweep = await findSweep(connection.redis, id);
    await using queue = await SweepQueue.open(connection.redis, id);
    await using results = await openResults(values.output, sweep, controller);
    if (values.wait) await waitUntilOver(queue, results.whole, controller.signal);
    await writeAnswers(queue, results);
    return report(results, values.output, controller.signal);
  },
};

async function waitUntilOver(queue: SweepQueue, whole: number, signal: AbortSignal): Promise<void> {
  using bar = new JobsBar(0, whole);
  while (!signal.aborted && !(await isOver(queue))) {
    const { done, setAside } = await queue.counts();
    bar.update(done + setAside);
    await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function writeAnswers(queue: SweepQueue, results: Results): Promise<void> {
  for await (const answer of queue.answers()) {
    const { row, times } = answer as JobAnswer;
    results.add(checkRow(row, 'an answer of a worker'), times);
  }
  for (const { key, message } of await queue.failures()) results.addFailed(key, message);
}
