// Kernel trees that a server shows file by file: the URL in GPU_BUDDY_LINUX, and the public trees in vendor/linux.json. All is
// https, through the proxy that HTTPS_PROXY and NO_PROXY name; http is for this machine's own servers.

import { FetchError, reason } from './fetch-error.mjs';
import { hashesOf } from './manifest.mjs';
import { versionIn } from './tree.mjs';

/** @typedef {import('./manifest.mjs').Manifest} Manifest */
/** @typedef {import('./verify.mjs').Found} Found */

const MAX_REDIRECTS = 5;
const MAX_BYTES = 4 << 20;

/**
 * Asks one public tree after the other.
 * @template T
 * @param {Manifest} manifest
 * @param {number} timeout of all together, in milliseconds
 * @param {(found: Found) => T} take throws a FetchError if the files are not the right ones
 * @returns {Promise<T>}
 */
export async function fromTrees(manifest, timeout, take) {
  const end = Date.now() + timeout;
  const waiting = manifest.trees;
  const problems = [];
  for (let tree = waiting.shift(); tree; tree = waiting.shift()) {
    console.error(`Asking ${new URL(tree).host} for the kernel's files …`);
    try {
      // A slow server leaves time for the others.
      return take(await readUrl(tree, manifest, (end - Date.now()) / (waiting.length + 1)));
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      problems.push(error.message);
    }
  }
  throw new FetchError(problems.join(' ') || 'vendor/linux.json names none');
}

/**
 * @param {string} base
 * @param {Manifest} manifest
 * @param {number} timeout of all files together, in milliseconds
 * @returns {Promise<Found>}
 */
export async function readUrl(base, manifest, timeout) {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const agent = new EnvHttpProxyAgent();
  const signal = AbortSignal.timeout(Math.max(1, Math.round(timeout)));
  /** @param {URL} url */
  const ask = (url) => {
    if (url.protocol === 'https:') return fetch(url, { redirect: 'manual', signal, dispatcher: agent });
    if (url.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
      return fetch(url, { redirect: 'manual', signal });
    throw new FetchError(`${shown(url)} is not https (http is for this machine's own servers only)`);
  };
  /** @param {string} path */
  const get = async (path) => {
    const url = fileUrl(base, path);
    try {
      return await body(await follow(url, ask));
    } catch (error) {
      const why = signal.aborted ? `no answer within ${(timeout / 1000).toFixed(1)} s` : reason(error);
      throw new FetchError(`${shown(url)} cannot be fetched: ${why}.`);
    }
  };
  try {
    const contents = new Map();
    for (const path of manifest.paths) contents.set(path, await get(path));
    const version =
      manifest.identify(hashesOf(contents)) ??
      (await get('Makefile').then(
        (makefile) => versionIn(String(makefile)),
        () => undefined,
      ));
    return { source: shown(fileUrl(base, '')), version, signed: false, contents };
  } finally {
    await agent.destroy();
  }
}

/**
 * Gives a file's URL. A query ("?h=v7.3.4") stays at the end.
 * @param {string} base
 * @param {string} path
 */
function fileUrl(base, path) {
  if (!URL.canParse(base)) throw new FetchError(`${base} is no valid URL.`);
  const url = new URL(base);
  if (url.username) throw new FetchError('The URL of a tree must not have a user name and a password.');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

/**
 * Follows redirects itself, since none may lead to plain http.
 * @param {URL} url
 * @param {(url: URL) => Promise<import('undici').Response>} ask
 */
async function follow(url, ask) {
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await ask(at);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || !location) return response;
    await response.body?.cancel();
    at = new URL(location, at);
  }
  throw new FetchError(`more than ${MAX_REDIRECTS} redirects`);
}

/** @param {import('undici').Response} response */
async function body(response) {
  if (!response.ok)
    throw new FetchError(`the server answered ${response.status} ${response.statusText}`.trim());
  const chunks = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new FetchError(`the answer is larger than ${MAX_BYTES >> 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * A URL for people: without a password or a token in it.
 * @param {URL} url
 */
function shown({ origin, pathname }) {
  return `${origin}${pathname.replace(/\/$/, '')}`;
}
