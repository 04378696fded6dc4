/** Knows which sweeps were submitted, and which traces they need. */
import type { Redis } from 'ioredis';
import { checkSweep, idOf, type Sweep } from '../plan/sweep.js';
import { SweepError } from '../sweep-error.js';
import { sweepKey, SWEEPS, traceKey, usersKey } from './keys.js';

/** Removes a user of a trace, and the trace with its last user, in one step: nobody can become a user in between. */
const RELEASE = `
redis.call('SREM', KEYS[1], ARGV[1])
if redis.call('SCARD', KEYS[1]) == 0 then redis.call('DEL', KEYS[2]) end
return 0`;

/** Notes a sweep, and that it needs its traces. A sweep that was noted before stays as it is. */
export async function register(redis: Redis, sweep: Sweep): Promise<string> {
  const id = idOf(sweep);
  await redis.set(sweepKey(id), JSON.stringify(sweep));
  for (const { hash } of sweep.traces) await redis.sadd(usersKey(hash), id);
  await redis.zadd(SWEEPS, 'NX', Date.now(), id);
  return id;
}

/** Gives the ids of all sweeps, in the order in which they were submitted. */
export function listSweeps(redis: Redis): Promise<string[]> {
  return redis.zrange(SWEEPS, '0', '-1');
}

/** Gives a sweep by its id. @throws SweepError `ERR_SWEEP_REDIS` where there is none */
export async function findSweep(redis: Redis, id: string): Promise<Sweep> {
  const text = await redis.get(sweepKey(id));
  if (text === null) throw new SweepError('ERR_SWEEP_REDIS', `Redis holds no sweep ${id}`);
  return checkSweep(JSON.parse(text), id);
}

/** Removes a sweep, and the traces in Redis that no other one needs. */
export async function forgetSweep(redis: Redis, sweep: Sweep): Promise<void> {
  const id = idOf(sweep);
  await redis.zrem(SWEEPS, id);
  for (const { hash } of sweep.traces) await redis.eval(RELEASE, 2, usersKey(hash), traceKey(hash), id);
  await redis.del(sweepKey(id));
}
