/** Keeps traces in Redis itself. */
import { readFile } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import { traceKey } from '../redis/keys.js';
import { SweepError } from '../sweep-error.js';
import type { TraceStore } from './trace-store.js';

/** The longest value that Redis takes. */
const MAX_BYTES = 512 * 1024 ** 2;

export class RedisStore implements TraceStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async has(hash: string): Promise<boolean> {
    return (await this.#redis.exists(traceKey(hash))) === 1;
  }

  async put(hash: string, file: string): Promise<void> {
    const bytes = await readFile(file);
    if (bytes.length > MAX_BYTES)
      throw new SweepError(
        'ERR_SWEEP_TRACE',
        `${file}: is too large for Redis: name a folder or a URL as "store"`,
      );
    await this.#redis.set(traceKey(hash), bytes);
  }

  async *get(hash: string): AsyncGenerator<Uint8Array, undefined> {
    const bytes = await this.#redis.getBuffer(traceKey(hash));
    if (!bytes)
      throw new SweepError('ERR_SWEEP_TRACE', `trace ${hash} is not in Redis: submit the sweep again`);
    yield bytes;
    return undefined;
  }
}
