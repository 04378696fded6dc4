/** A redis-server of this machine's own (Debian: apt-get install redis-server), with its append-only file, on a socket in a folder. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;

/** For `test()`: why tests that need Redis are skipped, or `false`. */
export const SKIP = isInstalled ? false : 'redis-server is not installed: apt-get install redis-server';

export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #options: readonly string[];
  readonly #client: { readonly path: string; readonly password?: string };
  #process: ChildProcess;

  /** Starts a server. @param options more of its options @param client how to reach it, where the socket alone is not enough */
  static async start(
    folder: string,
    options: readonly string[] = [],
    client: { password?: string } = {},
  ): Promise<RedisServer> {
    const server = new RedisServer(folder, options, client);
    await server.#isReady();
    return server;
  }

  private constructor(folder: string, options: readonly string[], client: { password?: string }) {
    const socket = path.join(folder, 'redis.sock');
    this.url = `unix://${socket}`;
    this.#folder = folder;
    this.#options = options;
    this.#client = { ...client, path: socket };
    this.#process = this.#spawn();
  }

  /** A connection of a test's own. */
  connect(): Redis {
    const redis = new Redis({ ...this.#client, retryStrategy: () => 100, maxRetriesPerRequest: null });
    // It tries again: a server starts, or was killed.
    return redis.on('error', () => undefined);
  }

  /** Kills it with -9, and starts it again. */
  async killAndRestart(pauseMs: number): Promise<void> {
    await this.#end('SIGKILL');
    await setTimeout(pauseMs);
    this.#process = this.#spawn();
    await this.#isReady();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGTERM');
  }

  #spawn(): ChildProcess {
    const options = [
      '--dir',
      this.#folder,
      '--unixsocket',
      path.join(this.#folder, 'redis.sock'),
      '--port',
      '0',
    ];
    const persistence = ['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'];
    return spawn('redis-server', [...options, ...persistence, ...this.#options], { stdio: 'ignore' });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }

  async #isReady(): Promise<void> {
    const redis = this.connect();
    while ((await redis.ping().catch(() => '')) !== 'PONG') await setTimeout(50);
    redis.disconnect();
  }
}
