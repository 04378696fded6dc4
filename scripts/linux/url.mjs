// Kernel trees that a server shows file by file: the URL in GPU_BUDDY_LINUX, and the public trees in vendor/linux.json. All is
// https, through the proxy that HTTPS_PROXY and NO_PROXY name; http is for this machine's own servers.

import { FetchError, reason } from './fetch-error.mjs';
import { hashesOf } from './manifest.mjs';
import { versionIn } from './tree.mjs';

/** @typedef {import('./manifest.mjs').Manifest} Manifest */
/** @typedef {import('./verify.mjs').Found} Found */

const MAX_BYTES = 4 << 20;
const SAFE = /^https:|^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|$)/;

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
  const problems = [];
  for (const [index, tree] of manifest.trees.entries()) {
    console.error(`Asking ${new URL(tree).host} for the kernel's files …`);
    try {
      // A slow server leaves time for the others.
      return take(await readUrl(tree, manifest, (end - Date.now()) / (manifest.trees.length - index)));
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
  const agent = new EnvHttpProxyAgent({ httpProxy: '', maxResponseSize: MAX_BYTES });
  // Looks at redirects as well, since none may lead to plain http.
  const dispatcher = agent.compose((dispatch) => (options, handler) => {
    if (SAFE.test(String(options.origin))) return dispatch(options, handler);
    throw new FetchError(`${options.origin} is not https (http is for this machine's own servers only)`);
  });
  const signal = AbortSignal.timeout(Math.max(1, Math.round(timeout)));
  /** @param {string} path */
  const get = async (path) => {
    const url = fileUrl(base, path);
    try {
      const response = await fetch(url, { dispatcher, signal });
      if (response.ok) return Buffer.from(await response.arrayBuffer());
      throw new FetchError(`the server answered ${response.status} ${response.statusText}`.trim());
    } catch (error) {
      const why = signal.aborted ? `no answer within ${(timeout / 1000).toFixed(1)} s` : reason(error);
      throw new FetchError(`${shown(url)} cannot be fetched: ${why}.`);
    }
  };
  try {
    const contents = new Map();
    for (const path of manifest.paths) contents.set(path, await get(path));
    const known = manifest.identify(hashesOf(contents));
    const version = known ?? versionIn(String(await get('Makefile').catch(() => '')));
    return { source: shown(fileUrl(base, '')), version, signed: false, contents };
  } finally {
    await agent.destroy();
  }
}

/** Gives a file's URL. A query ("?h=v7.3.4") stays at the end. @param {string} base @param {string} path */
function fileUrl(base, path) {
  if (!URL.canParse(base)) throw new FetchError(`${base} is no valid URL.`);
  const url = new URL(base);
  if (url.username) throw new FetchError('The URL of a tree must not have a user name and a password.');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

/** Shows a URL to people: without a password or a token in it. @param {URL} url */
function shown({ origin, pathname }) {
  return `${origin}${pathname.replace(/\/$/, '')}`;
}
