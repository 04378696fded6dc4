/** A server for whoever sits at this machine: a page and its data, behind a link that is valid once. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toInteger } from '../arguments';
import { invalidArgType, invalidArgValue, outOfRange } from '../errors';
import { toSignal, type WaitSignal } from '../wait-signal';
import { Access } from './access';
import { hostName, hostNames, isLoopback, urlHost } from './hosts';
import type { Page } from './page';
import { Site, type Route } from './site';

/** Address that a server listens on, and who may ask. */
export interface ListenOptions {
  /** The port. Default: one that is free. */
  readonly port?: number | undefined;
  /** The address to listen at. Any but this machine's own (127.0.0.0/8, `::1`, `localhost`) needs `token` and `allowedHosts`. Default: `127.0.0.1`. */
  readonly host?: string | undefined;
  /**
   * A secret of at least 32 characters, which opens the page again and again, in the URL (`?token=…`) or as a bearer token. Default: a new
   * one for each link, which is valid once.
   */
  readonly token?: string | undefined;
  /** Names by which browsers know the server, beside those of this machine: of a proxy before it, or of the machine. Without ports. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** An `AbortSignal` that closes the server. */
  readonly signal?: WaitSignal | undefined;
}

/** The page and its data. */
export interface Content {
  readonly page: Page;
  readonly routes: Readonly<Record<string, Route>>;
}

/** A server that listens. */
export interface LocalServer {
  /** The first link: the URL with a token. */
  readonly url: string;
  /** Makes another link. */
  readonly link: () => string;
  /** Ends all that is being sent, and the server. */
  readonly close: () => Promise<void>;
}

const LEAST_TOKEN = 32;
const MOST_PORT = 65_535;
/** So many connections at a time: a browser has six. */
const MOST_CONNECTIONS = 64;

/**
 * Opens the server.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
 * @throws {RangeError} `ERR_OUT_OF_RANGE`
 * @throws the error of `listen()`, `EADDRINUSE` and others; the `reason` of the signal
 */
export async function openLocalServer(
  { page, routes }: Content,
  options: ListenOptions = {},
): Promise<LocalServer> {
  const { host, port, token, allowedHosts, signal } = toPlace(options);
  signal?.throwIfAborted();
  const access = new Access(token);
  const site = new Site({ page, routes, access, hosts: hostNames(host, allowedHosts) });
  const server = createServer(site.handle);
  server.maxConnections = MOST_CONNECTIONS;
  server.listen(port, host);
  await once(server, 'listening');
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end(server, site));
  const abort = (): void => void close();
  signal?.addEventListener('abort', abort);
  server.once('close', () => signal?.removeEventListener('abort', abort));
  if (signal?.aborted) {
    await close();
    signal.throwIfAborted();
  }
  const { port: opened } = server.address() as AddressInfo;
  const link = (): string => `http://${urlHost(host)}:${String(opened)}/?token=${token ?? access.newToken()}`;
  return { url: link(), link, close };
}

async function end(server: Server, site: Site): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  site.close();
  server.closeAllConnections();
  await closed;
}

/** Checks all options but the names, which those know who have more of them. */
function toPlace(options: ListenOptions): {
  host: string;
  port: number;
  token: string | undefined;
  allowedHosts: readonly string[];
  signal: WaitSignal | undefined;
} {
  const { port = 0, host = '127.0.0.1', token, allowedHosts = [] } = options;
  if (typeof host !== 'string') throw invalidArgType('host', 'of type string', host);
  if (toInteger('port', port) > MOST_PORT) throw outOfRange('port', '<= 65535', port);
  if (token !== undefined) checkToken(token);
  checkNames(allowedHosts);
  if (!isLoopback(host) && (token === undefined || allowedHosts.length === 0))
    throw invalidArgValue(
      'host',
      "an address of this machine's own, where token and allowedHosts are not given",
      host,
    );
  return { host, port, token, allowedHosts, signal: toSignal(options.signal) };
}

function checkToken(token: unknown): void {
  if (typeof token !== 'string') throw invalidArgType('token', 'of type string', token);
  if (token.length < LEAST_TOKEN || !/^[\w.~-]+$/.test(token))
    throw invalidArgValue(
      'token',
      `at least ${String(LEAST_TOKEN)} characters, of A-Z a-z 0-9 - . _ ~`,
      '***',
    );
}

export function checkNames(names: unknown): void {
  if (!Array.isArray(names)) throw invalidArgType('allowedHosts', 'an array of strings', names);
  for (const name of names as unknown[]) {
    if (typeof name !== 'string') throw invalidArgType('allowedHosts', 'an array of strings', name);
    if (hostName(name) !== name.toLowerCase())
      throw invalidArgValue('allowedHosts', 'names of hosts, without ports', name);
  }
}
