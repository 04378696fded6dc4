// A raw kernel tree behind a URL: the wanted files, one request each.

import { FetchError, reason } from './fetch-error.mjs';
import { versionIn } from './tree.mjs';

/** @typedef {import('./manifest.mjs').Contents} Contents */

const MAX_REDIRECTS = 5;
const MAX_BYTES = 4 << 20;

/**
 * @param {string} base
 * @param {string[]} paths the wanted files
 * @param {number} timeout of each file, in milliseconds
 * @returns {Promise<{ source: string, version: () => Promise<string | undefined>, contents: Contents }>}
 */
export async function readUrl(base, paths, timeout) {
  /** @type {Contents} */
  const contents = new Map();
  for (const path of paths) contents.set(path, await get(fileUrl(base, path), timeout));
  const version = () =>
    get(fileUrl(base, 'Makefile'), timeout).then(
      (makefile) => versionIn(makefile.toString('latin1')),
      () => undefined,
    );
  return { source: shown(fileUrl(base, '')), version, contents };
}

/**
 * The file's URL; a query ("?h=v7.3.4") stays at the end.
 * @param {string} base
 * @param {string} path
 */
function fileUrl(base, path) {
  if (!URL.canParse(base)) throw new FetchError(`GPU_BUDDY_LINUX is no valid URL: ${base}.`);
  const url = new URL(base);
  if (url.username) throw new FetchError('GPU_BUDDY_LINUX must be a URL without a user name and password.');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

/**
 * @param {URL} url
 * @param {number} timeout
 * @returns {Promise<Buffer>}
 */
async function get(url, timeout) {
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await follow(url, signal);
    if (!response.ok)
      throw new FetchError(`the server answered ${response.status} ${response.statusText}`.trim());
    return await body(response);
  } catch (error) {
    const why = signal.aborted ? `no answer within ${timeout / 1000} s` : reason(error);
    throw new FetchError(`${shown(url)} cannot be fetched: ${why}.`);
  }
}

/**
 * Follows redirects itself, since none may lead to plain http.
 * @param {URL} url
 * @param {AbortSignal} signal
 */
async function follow(url, signal) {
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    if (!isSafe(at))
      throw new FetchError(`${shown(at)} is not https (http is for this machine's own servers only)`);
    const response = await fetch(at, { redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || !location) return response;
    await response.body?.cancel();
    at = new URL(location, at);
  }
  throw new FetchError(`more than ${MAX_REDIRECTS} redirects`);
}

/** @param {Response} response */
async function body(response) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new FetchError(`the answer is larger than ${MAX_BYTES >> 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param {URL} url */
function isSafe({ protocol, hostname }) {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/**
 * A URL for people: without a password or a token in it.
 * @param {URL} url
 */
function shown({ origin, pathname }) {
  return `${origin}${pathname.replace(/\/$/, '')}`;
}
