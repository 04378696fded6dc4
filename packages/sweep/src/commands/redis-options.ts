/** Options of the commands that talk to Redis. */
import type { Redis } from 'ioredis';
import { connect } from '../redis/connect.js';
import { usageError } from './command.js';
import { say } from './say.js';

export const REDIS_OPTIONS = {
  redis: {
    type: 'string',
    value: 'URL',
    help: 'redis://, rediss:// (TLS) or unix:///SOCKET. Default: GPU_BUDDY_SWEEP_REDIS',
  },
  'tls-ca': { type: 'string', value: 'FILE', help: "authority that has signed Redis' certificate, as PEM" },
  'tls-cert': { type: 'string', value: 'FILE', help: 'certificate of this machine, as PEM' },
  'tls-key': { type: 'string', value: 'FILE', help: 'its key, as PEM' },
} as const;

type RedisValues = { readonly [Name in keyof typeof REDIS_OPTIONS]?: string | undefined };

/** A connection that is closed at the end of its block. */
export class OpenRedis implements Disposable {
  readonly redis: Redis;

  /**
   * Connects as the options and the environment say: GPU_BUDDY_SWEEP_REDIS, GPU_BUDDY_SWEEP_REDIS_USERNAME and
   * GPU_BUDDY_SWEEP_REDIS_PASSWORD.
   *
   * @throws SweepError `ERR_SWEEP_REDIS`, `ERR_SWEEP_USAGE`
   */
  static async open(values: RedisValues): Promise<OpenRedis> {
    const { GPU_BUDDY_SWEEP_REDIS, GPU_BUDDY_SWEEP_REDIS_USERNAME, GPU_BUDDY_SWEEP_REDIS_PASSWORD } =
      process.env;
    const url = values.redis ?? GPU_BUDDY_SWEEP_REDIS;
    if (url === undefined) throw usageError('no --redis is given');
    const place = {
      url,
      username: GPU_BUDDY_SWEEP_REDIS_USERNAME,
      password: GPU_BUDDY_SWEEP_REDIS_PASSWORD,
      ca: values['tls-ca'],
      cert: values['tls-cert'],
      key: values['tls-key'],
    };
    return new OpenRedis(await connect(place, say));
  }

  private constructor(redis: Redis) {
    this.redis = redis;
  }

  [Symbol.dispose](): void {
    this.redis.disconnect();
  }
}
