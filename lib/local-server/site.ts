/** Answers requests for a page and for its data: safely, read-only, and with no more in memory than a client has taken. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Access } from './access';
import { SECURITY_HEADERS } from './headers';
import { hostName, isFromElsewhere, isOwnOrigin } from './hosts';
import type { Page } from './page';

/** Data of an answer. What an iterable gives is asked for as the client takes it. */
export type Body = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface RouteRequest {
  readonly query: URLSearchParams;
  /** Is aborted when the client has gone, or the site closes. */
  readonly signal: AbortSignal;
}

/** Data that the page asks for. */
export interface Route {
  /** The value of `Content-Type`. */
  readonly type: string;
  open(request: RouteRequest): Body | Promise<Body>;
}

export interface SiteOptions {
  readonly page: Page;
  /** Data by their paths, with `/` before each. */
  readonly routes: Readonly<Record<string, Route>>;
  /** `undefined`: whoever calls `handle()` has looked who it is. */
  readonly access: Access | undefined;
  /** The names that a `Host` header may have; `undefined`: any. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** The path that stands before all paths, without `/` behind it. Default: none. */
  readonly path?: string;
}

/** A refusal: its status, and why. */
class Refusal {
  constructor(
    readonly status: number,
    readonly text: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

const NOT_FOUND = new Refusal(404, 'There is nothing here.');
const CLOSED = new Refusal(503, 'The server is closing.');

/** Added by Express to a request whose `url` it has shortened. */
interface MountedRequest extends IncomingMessage {
  readonly originalUrl?: string;
}

export class Site {
  readonly #options: SiteOptions;
  readonly #streams = new Set<AbortController>();
  #isClosed = false;

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  /** Answers a request. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    // Bodies are of no interest.
    request.resume();
    const refusal = this.#isClosed ? CLOSED : this.#answer(request, response);
    if (refusal) refuse(response, refusal);
  };

  /** Ends what is being sent. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.abort();
  }

  #answer(request: MountedRequest, response: ServerResponse): Refusal | undefined {
    const { headers } = request;
    const { page, routes, access } = this.#options;
    const refusal = this.#check(request);
    if (refusal) return refusal;

    const [path, query] = this.#target(request.url ?? '');
    const token = access && path === '/' ? query.get('token') : null;
    if (token !== null) return this.#admit(token, request, response);
    if (isFromElsewhere(headers)) return new Refusal(403, 'Another page has asked for this.');
    if (access && !access.admits(headers.cookie, headers.authorization))
      return new Refusal(401, 'Open the link that the program has given. A link is valid once.');
    if (path === '/' && !pathOf(request.originalUrl ?? request.url).endsWith('/')) {
      redirect(response, slashed(request));
      return undefined;
    }

    const file = page.get(path);
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (file) response.setHeader('Content-Type', file.type).end(isHead(request) ? undefined : file.bytes);
    else if (route) this.#open(route, query, request, response);
    else return NOT_FOUND;
    return undefined;
  }

  /** Checks what has nothing to do with who asks. */
  #check({ method = '', headers }: IncomingMessage): Refusal | undefined {
    const { hosts } = this.#options;
    if (method !== 'GET' && method !== 'HEAD')
      return new Refusal(405, 'This can only be read.', { Allow: 'GET, HEAD' });
    const name = hostName(headers.host ?? '');
    if (name === undefined || (hosts && !hosts.has(name)))
      return new Refusal(421, 'This server is not known by that name: see allowedHosts.');
    if (!isOwnOrigin(headers)) return new Refusal(403, 'Another page has asked for this.');
    return undefined;
  }

  /** Gives the path below that of the site, and what stands behind it. */
  #target(url: string): [path: string, query: URLSearchParams] {
    const { path: mount = '' } = this.#options;
    const path = pathOf(url);
    const query = new URLSearchParams(url.slice(path.length + 1));
    if (path === mount) return ['/', query];
    return [path.startsWith(`${mount}/`) ? path.slice(mount.length) : '', query];
  }

  /** Changes a token into a cookie, and the URL into one without it. */
  #admit(token: string, request: MountedRequest, response: ServerResponse): Refusal | undefined {
    // A program that looks ahead, as for mail, must not use it up.
    const cookie = isHead(request) ? undefined : this.#options.access?.cookieFor(token);
    if (cookie === undefined)
      return new Refusal(403, 'This link is unknown, or somebody has opened it already.');
    response.setHeader('Set-Cookie', cookie);
    const location = slashed(request);
    if (!isFromElsewhere(request.headers)) redirect(response, location);
    // A browser sends no strict cookie as long as it follows another site's link; behind this it follows ours.
    else
      response
        .setHeader('Content-Type', 'text/html; charset=utf-8')
        .setHeader('Refresh', `0; url=${location}`)
        .end();
    return undefined;
  }

  #open(route: Route, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Content-Type', route.type);
    if (isHead(request)) {
      response.end();
      return;
    }
    const stream = new AbortController();
    this.#streams.add(stream);
    response.once('close', () => {
      this.#streams.delete(stream);
      stream.abort();
    });
    void send(route, { query, signal: stream.signal }, response);
  }
}

async function send(route: Route, request: RouteRequest, response: ServerResponse): Promise<void> {
  try {
    const body = await route.open(request);
    await pipeline(typeof body === 'string' || body instanceof Uint8Array ? [body] : body, response, {
      signal: request.signal,
    });
  } catch {
    // A page that is half sent lacks its end, which says it.
    if (response.headersSent || response.destroyed) response.destroy();
    else refuse(response, new Refusal(500, 'This could not be read.'));
  }
}

function refuse(response: ServerResponse, { status, text, headers }: Refusal): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { Location: location }).end();
}

function isHead({ method }: IncomingMessage): boolean {
  return method === 'HEAD';
}

function pathOf(url = ''): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** The same folder, as a URL relative to the request's, with `/` behind it: the page's own URLs are relative too. */
function slashed({ originalUrl, url }: MountedRequest): string {
  const path = pathOf(originalUrl ?? url);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === '' ? './' : `./${name}/`;
}
