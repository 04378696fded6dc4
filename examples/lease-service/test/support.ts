/** Starts services for tests, on folders of their own, and talks to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { OPERATOR, toConfig, type Config } from '../src/config.ts';
import type { Lease } from '../src/schemas.ts';
import { startService } from '../src/service.ts';
import { newToken } from '../src/tokens.ts';

export const MiB = 2 ** 20;
export const GiB = 2 ** 30;

/** Tokens of red, blue and the operator, the same in all tests. */
const keys = { red: newToken('red'), blue: newToken('blue'), operator: newToken(OPERATOR) };
export const tokens = { red: keys.red.token, blue: keys.blue.token, operator: keys.operator.token };
export type Who = keyof typeof tokens;

export type Options = Partial<Omit<Config, 'limits'>> & {
  readonly limits?: Partial<Config['limits']>;
  readonly red?: Partial<Config['tenants'][number]>;
  readonly blue?: Partial<Config['tenants'][number]>;
};

/** 16 MiB in chunks of 64 KiB for red and blue, with as many requests as they like, unless said otherwise. */
export function testConfig({ red, blue, limits, ...options }: Options = {}): object {
  return {
    port: 0,
    size: 16 * MiB,
    operator: { tokenHash: keys.operator.hash },
    tenants: [
      { name: 'red', tokenHash: keys.red.hash, ...red },
      { name: 'blue', tokenHash: keys.blue.hash, ...blue },
    ],
    limits: { maxRate: 1_000_000, ...limits },
    ...options,
  };
}

/** A folder that is removed after the test. */
export function temporaryFolder(context?: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lease-service-'));
  context?.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Lets all deletes of leases fail: a trigger stands for a fault that SQLite finds while it writes. */
export function breakDeletes(folder: string): void {
  const database = new Database(join(folder, 'leases.sqlite'));
  database.exec(`CREATE TRIGGER fault BEFORE DELETE ON leases BEGIN SELECT RAISE(ABORT, 'fault'); END`);
  database.close();
}

/** A service in this process, which is stopped after the test. */
export async function serve(context: TestContext, options: Options = {}, folder = temporaryFolder(context)) {
  const failures: unknown[] = [];
  const service = await startService(toConfig(testConfig(options)), folder, (error) => failures.push(error));
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await service.close();
    isOpen = false;
  };
  context.after(close);
  return { url: service.url, folder, failures, close, ...clientsFor(service.url) };
}

/** The answer to a request; its body is parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export type Client = (method: string, path: string, body?: unknown, init?: RequestInit) => Promise<Answer>;

export const clientsFor = (url: string) => ({
  red: client(url, tokens.red),
  blue: client(url, tokens.blue),
  operator: client(url, tokens.operator),
  nobody: client(url, undefined),
});

/** Sends requests with a token. */
export function client(url: string, token: string | undefined): Client {
  return async (method, path, body, init = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    const sent = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(url + path, { ...init, method, headers, body: sent });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}

/** Leases memory for a minute. Throws where that is refused. */
export async function lease(who: Client, size: number, wish: object = {}): Promise<Lease> {
  const { status, body } = await who('POST', '/leases', { size, ttl: 60_000, ...wish });
  if (status !== 201) throw new Error(`POST /leases was answered ${status}: ${JSON.stringify(body)}`);
  return body as Lease;
}

/** Lists the leases that somebody may see. */
export async function leasesOf(who: Client): Promise<Lease[]> {
  const all: Lease[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const { body } = await who('GET', `/leases?limit=1000&after=${after}`);
    const page: { leases: Lease[]; next?: number } = body as { leases: Lease[]; next?: number };
    all.push(...page.leases);
    after = page.next;
  }
  return all;
}
