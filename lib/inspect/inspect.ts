/** Shows a running allocator in a browser. */
import type { Bytes, GpuBuddy } from 'gpu-buddy';
import type { Allocator } from '../allocator';
import { toBoolean } from '../arguments';
import { invalidArgType, invalidArgValue } from '../errors';
import { allocatorOf } from '../gpu-buddy';
import { Access } from '../local-server/access';
import { hostNames } from '../local-server/hosts';
import { checkNames, openLocalServer, type Content, type ListenOptions } from '../local-server/local-server';
import { findPage, readPage } from '../local-server/page';
import { Site, type Route } from '../local-server/site';
import * as native from '../native';
import { toOptions, type Names } from '../options';
import { PAGE_PROTOCOL, type PageSession } from '../page/session';
import { toSignal, type WaitSignal } from '../wait-signal';
import type { LabelOf } from '../trace/journal-operations';
import { Feed } from './feed';
import { framesOf } from './viewer';

/** A list of blocks, as a program may name it for those who look. */
export interface InspectedList {
  /** The tag of the list. */
  readonly tag: number;
  /** The number of its account, as journals have it; 0: none. */
  readonly account: number;
}

/** Content that is shown. */
export interface ViewOptions {
  /**
   * Names a list for those who look, when it is allocated; `undefined`: without a name. Names are shown as text, and cut at 256 characters. Default:
   * the tag, where it is not 0.
   */
  readonly label?: ((list: InspectedList) => string | undefined) | undefined;
  /** The folder of the built page, for programs that are bundled. Default: that of the package `@gpu-buddy/web`. */
  readonly page?: string | undefined;
}

/** How to inspect: see `ListenOptions`. */
export interface InspectOptions extends ListenOptions, ViewOptions {}

/** An allocator that can be looked at. */
export interface Inspection {
  /** The link to open in a browser. It is valid once, if no token was given. */
  readonly url: string;
  /** Makes another such link. */
  link(): string;
  /** Ends it, for all who look. The allocator goes on. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How to mount. */
export interface MountOptions extends ViewOptions {
  /** The path below which requests come, as `/inspect`: with a server that does not take it away, as Express does. Default: none. */
  readonly path?: string | undefined;
  /** Your server has looked who asks, and admits nobody else. Default: false, whoever has opened a link of `link()` is admitted. */
  readonly authenticated?: boolean | undefined;
  /** Names that a `Host` header may have, without ports. Default: any, since your server knows its names. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** An `AbortSignal` that closes it. */
  readonly signal?: WaitSignal | undefined;
}

/** The part of a request that is read: `http.IncomingMessage`. */
export interface InspectRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: object;
}

/** The part of an answer that tells one: `http.ServerResponse`. */
export interface InspectResponse {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  end(): unknown;
}

/** A part of your server. */
export interface MountedInspection {
  /** Answers a request of `node:http`, whatever it asks for. */
  readonly handle: (request: InspectRequest, response: InspectResponse) => void;
  /** Makes a link that is valid once: a path, behind the address of your server. */
  link(): string;
  /** Ends all that is being sent, and refuses what comes. */
  close(): void;
  [Symbol.dispose](): void;
}

const INSPECT_NAMES: Names<InspectOptions> = {
  port: true,
  host: true,
  token: true,
  allowedHosts: true,
  signal: true,
  label: true,
  page: true,
};
const MOUNT_NAMES: Names<MountOptions> = {
  path: true,
  authenticated: true,
  allowedHosts: true,
  signal: true,
  label: true,
  page: true,
};

/**
 * Opens a page of its own server, on this machine, that shows the allocator as it runs: a snapshot, then each operation, ten times a second at most.
 * Nobody can change anything there. As long as somebody looks, the allocator keeps a journal, which costs some 40 ns an operation; else it
 * costs nothing. A journal of yours keeps viewers out, and they keep out yours: `EBUSY`. The page comes from the package `@gpu-buddy/web`.
 *
 * The server keeps the process going until `close()`. See [docs/guide/inspect.md](docs/guide/inspect.md).
 *
 * @throws {PageError} `ERR_GPU_BUDDY_NO_PAGE`: `@gpu-buddy/web` is not installed, or `page` has no page
 * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
 * @throws {RangeError} `ERR_OUT_OF_RANGE`: of the port
 * @throws the error of `listen()`, `EADDRINUSE` and others; the `reason` of the signal
 */
export async function inspect(buddy: GpuBuddy<Bytes>, options?: InspectOptions): Promise<Inspection> {
  const { label, page, ...listening } = toOptions('options', options, INSPECT_NAMES);
  const { url, link, close } = await openLocalServer(contentOf(buddy, { label, page }), listening);
  return { url, link, close, [Symbol.asyncDispose]: close };
}

/**
 * Shows the allocator as `inspect()` does, by a server of yours.
 *
 * @throws {PageError} `ERR_GPU_BUDDY_NO_PAGE`
 * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
 */
export function mountInspection(buddy: GpuBuddy<Bytes>, options?: MountOptions): MountedInspection {
  const given = toOptions('options', options, MOUNT_NAMES);
  const path = toPath(given.path);
  const isOpen = given.authenticated !== undefined && toBoolean('authenticated', given.authenticated);
  if (given.allowedHosts !== undefined) checkNames(given.allowedHosts);
  const signal = toSignal(given.signal);
  const access = new Access(undefined);
  const site = new Site({
    ...contentOf(buddy, given),
    access: isOpen ? undefined : access,
    hosts: given.allowedHosts && hostNames('', given.allowedHosts),
    path,
  });
  const close = (): void => {
    signal?.removeEventListener('abort', close);
    site.close();
  };
  signal?.addEventListener('abort', close);
  if (signal?.aborted) close();
  return {
    // Programs without Node's types have others for these two.
    handle: site.handle as unknown as MountedInspection['handle'],
    link: () => (isOpen ? `${path}/` : `${path}/?token=${access.newToken()}`),
    close,
    [Symbol.dispose]: close,
  };
}

function toPath(path: unknown = ''): string {
  if (typeof path !== 'string') throw invalidArgType('path', 'of type string', path);
  if (path !== '' && !/^(\/[\w.~-]+)+$/.test(path))
    throw invalidArgValue('path', '/ before each part, and none at its end', path);
  return path;
}

/** Gives the page and its data. */
function contentOf(buddy: GpuBuddy<Bytes>, { label, page }: ViewOptions): Content {
  const allocator = allocatorOf(buddy);
  allocator.assertUsable('gpu_buddy');
  if (label !== undefined && typeof label !== 'function')
    throw invalidArgType('label', 'of type function', label);
  if (page !== undefined && typeof page !== 'string') throw invalidArgType('page', 'of type string', page);
  const feed = new Feed(allocator, label ? careful(label) : tagOf);
  const session: Route = { type: 'application/json', open: () => JSON.stringify(sessionOf(allocator)) };
  const effects: Route = {
    type: 'application/octet-stream',
    open: ({ signal }) => framesOf(feed, signal),
  };
  return { page: readPage(page ?? findPage()), routes: { '/session': session, '/effects/0': effects } };
}

function sessionOf({ name = 'allocator', space: { baseOffset } }: Allocator): PageSession {
  const address = typeof baseOffset === 'number' ? baseOffset : String(baseOffset);
  return {
    protocol: PAGE_PROTOCOL,
    kind: 'live',
    sources: [{ name, baseOffset: address, kernel: native.kernelVersion }],
  };
}

const tagOf: LabelOf = ({ tag }) => (tag === 0 ? undefined : String(tag));

/** Names lists by a function of the program's, as long as that throws nothing: looking on must harm nobody. */
function careful(label: LabelOf): LabelOf {
  let isWrong = false;
  return (list) => {
    if (isWrong) return undefined;
    try {
      const name: unknown = label(list);
      return typeof name === 'string' ? name : undefined;
    } catch (error) {
      isWrong = true;
      process.emitWarning(`The function \`label\` of an inspection has failed: ${String(error)}`, {
        code: 'GPU_BUDDY_INSPECT_LABEL',
      });
      return undefined;
    }
  };
}
