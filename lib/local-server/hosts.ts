/** Checks whom a request was meant for, and where it comes from: a name that is rebound to this machine is not one of ours. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const HOST = /^(\[[\da-f:.]+\]|[\da-z.-]+)(?::\d{1,5})?$/;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Gives the host as a URL has it. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Gives the name in a `Host` header, without its port; `undefined`: it is none. */
export function hostName(header: string): string | undefined {
  return HOST.exec(header.toLowerCase())?.[1];
}

/** Gives the names under which a server that listens at an address is asked. */
export function hostNames(host: string, allowed: readonly string[]): ReadonlySet<string> {
  const own = isLoopback(host) ? [...LOOPBACK, urlHost(host)] : [];
  return new Set([...own, ...allowed].map((name) => name.toLowerCase()));
}

/** Tells whether a request came from a page of the same server, or from no page at all. */
export function isOwnOrigin({ host = '', origin }: IncomingHttpHeaders): boolean {
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

/** Tells whether the browser says that another site, or another port of this host, has asked. */
export function isFromElsewhere(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
