/** The command `cancel`: ends a submitted sweep. */
import { SweepQueue } from '../redis/queue.js';
import { findSweep, forgetSweep } from '../redis/registry.js';
import { parseCommand, type Command } from './command.js';
import { OpenRedis, REDIS_OPTIONS } from './redis-options.js';

const CANCEL = {
  name: 'cancel',
  operands: ['SWEEP'],
  summary: 'Removes the jobs of a sweep that nobody has begun; what is done can still be collected.',
  options: {
    ...REDIS_OPTIONS,
    forget: {
      type: 'boolean',
      default: false,
      help: 'remove all of it from Redis: jobs, results and traces',
    },
  },
} as const;

export const cancel: Command = {
  spec: CANCEL,
  async run(args) {
    const { values, positionals } = parseCommand(CANCEL, args);
    const [id = ''] = positionals;
    using connection = await OpenRedis.open(values);
    const sweep = await findSweep(connection.redis, id);
    await using queue = await SweepQueue.open(connection.redis, id);
    if (values.forget) {
      await queue.remove();
      await forgetSweep(connection.redis, sweep);
    } else await queue.cancel();
    return 0;
  },
};
