/**
 * Keeps traces behind a URL that takes GET, HEAD and PUT: a bucket of S3 or of what speaks like it, or a server of WebDAV.
 * Credentials come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY sign requests, GPU_BUDDY_SWEEP_STORE_TOKEN is a bearer token.
 */
import { readFile } from 'node:fs/promises';
import { AwsClient } from 'aws4fetch';
import { reasonOf, SweepError } from '../sweep-error.js';
import type { TraceStore } from './trace-store.js';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export class HttpStore implements TraceStore {
  readonly #url: string;
  readonly #fetch: Fetch;

  constructor(url: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#url = url;
    this.#fetch = fetchWith(environment);
  }

  async has(hash: string): Promise<boolean> {
    const { ok } = await this.#request('HEAD', hash);
    return ok;
  }

  async put(hash: string, file: string): Promise<void> {
    const { ok, status } = await this.#request('PUT', hash, await readFile(file));
    if (!ok) throw this.#error(`answers ${status} to PUT`);
  }

  async get(hash: string): Promise<AsyncIterable<Uint8Array>> {
    const { ok, status, body } = await this.#request('GET', hash);
    if (!ok || !body) throw this.#error(`answers ${status} to GET ${hash}`);
    return body;
  }

  async #request(method: string, hash: string, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
    try {
      // A redirection would lead to a place that nobody has allowed.
      return await this.#fetch(`${this.#url}/${hash}`, { method, redirect: 'error', ...(body && { body }) });
    } catch (error) {
      throw this.#error(reasonOf(error instanceof Error ? (error.cause ?? error) : error));
    }
  }

  #error(message: string): SweepError {
    return new SweepError('ERR_SWEEP_TRACE', `store ${this.#url}: ${message}`);
  }
}

function fetchWith({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
  AWS_REGION: region = 'us-east-1',
  GPU_BUDDY_SWEEP_STORE_TOKEN: token,
}: NodeJS.ProcessEnv): Fetch {
  if (token !== undefined)
    return (url, init) => fetch(url, { ...init, headers: { authorization: `Bearer ${token}` } });
  if (accessKeyId === undefined || secretAccessKey === undefined) return fetch;
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
    region,
    service: 's3',
  });
  return (url, init) => client.fetch(url, init);
}
