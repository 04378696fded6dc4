// Kernel trees that a server shows file by file: the URL in GPU_BUDDY_LINUX, and the public trees in vendor/linux.json. All is
// https, through the proxy that HTTPS_PROXY and NO_PROXY name; http is for this machine's own servers.
import { ScriptError } from '../run.mjs';
import { hashesOf, reason } from './manifest.mjs';
import { versionIn } from './tree.mjs';
import { verify } from './verify.mjs';

/** @typedef {import('./manifest.mjs').Manifest} Manifest */

const MAX_BYTES = 4 << 20;
const SAFE = /^https:|^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|$)/;

/**
 * Asks one public tree after the other.
 * @param {Manifest} manifest
 * @param {number} timeout of all together, in milliseconds
 * @returns {Promise<import('./verify.mjs').Files>}
 */
export async function fromTrees(manifest, timeout) {
  const end = Date.now() + timeout;
  const problems = [];
  for (const [index, tree] of manifest.trees.entries()) {
    console.error(`Asking ${new URL(tree).host} for the kernel's files …`);
    // A slow server leaves time for the others.
    const share = (end - Date.now()) / (manifest.trees.length - index);
    try {
      return verify(await readUrl(tree, manifest, share), manifest);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      problems.push(error.message);
    }
  }
  throw new ScriptError(problems.join(' ') || 'vendor/linux.json names none');
}

/**
 * @param {string} base
 * @param {Manifest} manifest
 * @param {number} timeout of all files together, in milliseconds
 * @returns {Promise<import('./verify.mjs').Found>}
 */
export async function readUrl(base, manifest, timeout) {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent({ httpProxy: '', maxResponseSize: MAX_BYTES });
  const signal = AbortSignal.timeout(Math.max(1, Math.round(timeout)));
  /** @param {string} path */
  const get = async (path) => {
    const url = fileUrl(base, path);
    try {
      // A redirect might lead to plain http.
      const response = await fetch(url, { dispatcher, signal, redirect: 'error' });
      if (response.ok) return Buffer.from(await response.arrayBuffer());
      throw new ScriptError(`the server answered ${response.status} ${response.statusText}`.trim());
    } catch (error) {
      const why = signal.aborted ? `no answer within ${(timeout / 1000).toFixed(1)} s` : reason(error);
      throw new ScriptError(`${shown(url)} cannot be fetched: ${why}.`);
    }
  };
  try {
    const contents = new Map();
    for (const path of manifest.paths) contents.set(path, await get(path));
    const known = manifest.identify(hashesOf(contents));
    const version = known ?? versionIn(String(await get('Makefile').catch(() => '')));
    return { source: shown(fileUrl(base, '')), version, contents };
  } finally {
    await dispatcher.destroy();
  }
}

/** Gives a file's URL. A query ("?h=v7.3.4") stays at the end. @param {string} base @param {string} path */
function fileUrl(base, path) {
  if (!URL.canParse(base)) throw new ScriptError(`${base} is no valid URL.`);
  const url = new URL(base);
  if (!SAFE.test(url.href))
    throw new ScriptError(`${url.origin} is not https (http is for this machine's own servers only).`);
  if (url.username) throw new ScriptError('The URL of a tree must not have a user name and a password.');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

/** Shows a URL to people: without a password or a token in it. @param {URL} url */
function shown({ origin, pathname }) {
  return `${origin}${pathname.replace(/\/$/, '')}`;
}
