/** Puts the files of traces somewhere, and gets them, by their hash. */
import type { Redis } from 'ioredis';
import { FolderStore } from './folder-store.js';
import { HttpStore } from './http-store.js';
import { RedisStore } from './redis-store.js';

export interface TraceStore {
  /** Whether the file of a hash is there. */
  has(hash: string): Promise<boolean>;
  /** Puts a file there. */
  put(hash: string, file: string): Promise<void>;
  /** Gives the bytes of a file. @throws SweepError `ERR_SWEEP_TRACE` where it is not there */
  get(hash: string): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
}

/** Gives the store of a sweep: `redis`, a folder by `file:`, or a URL. */
export function storeOf(store: string, redis: Redis): TraceStore {
  if (store === 'redis') return new RedisStore(redis);
  return store.startsWith('file:') ? new FolderStore(new URL(store)) : new HttpStore(store);
}
