/** Connects to Redis. The URL may hold a password: nothing here writes it anywhere. */
import { readFile } from 'node:fs/promises';
import type { Redis, RedisOptions } from 'ioredis';
import { loadPackage } from '../optional-package.js';
import { reasonOf, SweepError } from '../sweep-error.js';

/** Place of a Redis, and how to get in. */
export interface RedisPlace {
  /** `redis://`, `rediss://` (TLS) or `unix:///path/of/socket`. */
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Files in PEM: of the authority that signed Redis' certificate, and of this machine's own certificate and key. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

type Connection = Pick<RedisOptions, 'username' | 'password' | 'path' | 'host' | 'port' | 'db' | 'tls'>;

const RETRY_MS = 500;

/** How often a server that may be starting is asked. */
const FIRST_TRIES = 4;

/**
 * Connects to Redis. Once it has answered, a connection that breaks is made again, for as long as it takes.
 *
 * @param onTrouble is called when the connection breaks, with the reason, and when it is there again
 * @throws SweepError `ERR_SWEEP_REDIS` where it does not answer at first, or refuses; `ERR_SWEEP_MISSING_PACKAGE`
 */
export async function connect(place: RedisPlace, onTrouble: (message: string) => void): Promise<Redis> {
  const { Redis } = await loadPackage('ioredis', () => import('ioredis'));
  const options = await optionsOf(place);
  let wasReady = false;
  let trouble: string | undefined;
  const redis = new Redis({
    ...options,
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (wasReady || times < FIRST_TRIES ? RETRY_MS : null),
  });
  redis.on('error', (error: unknown) => {
    const reason = reasonOf(error);
    if (wasReady && trouble === undefined) onTrouble(`Redis is not there: ${reason}; trying again`);
    trouble = reason;
  });
  redis.on('ready', () => {
    if (wasReady && trouble !== undefined) onTrouble('Redis is there again');
    wasReady = true;
    trouble = undefined;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw new SweepError(
      'ERR_SWEEP_REDIS',
      `Redis at ${shownUrl(place.url)}: ${trouble ?? reasonOf(error)}`,
      error,
    );
  }
  return redis;
}

/** Gives a URL without what is secret in it. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return 'that URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

async function optionsOf({ url, username, password, ca, cert, key }: RedisPlace): Promise<Connection> {
  if (!URL.canParse(url)) throw new SweepError('ERR_SWEEP_USAGE', 'the URL of Redis is none');
  const parsed = new URL(url);
  const given = {
    username: username ?? decodeURIComponent(parsed.username),
    password: password ?? decodeURIComponent(parsed.password),
  };
  const credentials = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const files = Object.entries({ ca, cert, key }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const isSecure = parsed.protocol === 'rediss:';
  if (files.length > 0 && !isSecure)
    throw new SweepError('ERR_SWEEP_USAGE', 'certificates need a URL that begins with rediss:');
  if (parsed.protocol === 'unix:') return { ...credentials, path: decodeURIComponent(parsed.pathname) };
  if (parsed.protocol !== 'redis:' && !isSecure)
    throw new SweepError('ERR_SWEEP_USAGE', 'the URL of Redis begins with redis:, rediss: or unix:');
  const tls = isSecure ? { tls: Object.fromEntries(await Promise.all(files.map(readPem))) } : {};
  const db = Number(parsed.pathname.slice(1) || 0);
  // Brackets of an IPv6 address belong to the URL alone.
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  return { ...credentials, ...tls, host, port: Number(parsed.port || 6379), db };
}

async function readPem([name, file]: readonly [string, string]): Promise<[string, Buffer]> {
  try {
    return [name, await readFile(file)];
  } catch (error) {
    throw new SweepError('ERR_SWEEP_USAGE', `--tls-${name}: ${reasonOf(error)}`, error);
  }
}
