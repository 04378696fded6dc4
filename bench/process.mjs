/** Runs a measurement in a process of its own, with a heap that nothing else has been in. */
import { execaNode } from 'execa';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('measure/main.mjs', import.meta.url));

/**
 * @param {string} name of a file in measure/
 * @param {unknown[]} args of its `measure()`
 * @returns {Promise<any>} its result
 */
export async function measure(name, args) {
  const texts = [name, ...args].map((arg) => JSON.stringify(arg));
  const options = { ipc: /** @type {const} */ (true), nodeOptions: ['--expose-gc'] };
  const { ipcOutput } = await execaNode(child, texts, options);
  return ipcOutput[0];
}

/** V8 compiles the same code differently from one process to the next, by up to a fifth of the time. */
const PROCESSES = 5;

/**
 * Measures in several processes, one after the other: for differences that are smaller than those between processes.
 *
 * @param {string} name
 * @param {unknown[]} args
 * @returns {Promise<Record<string, number[]>>} the rounds of all of them
 */
export async function measureInSeveral(name, args) {
  /** @type {Record<string, number[]>} */
  const all = {};
  for (let i = 0; i < PROCESSES; i++)
    for (const [key, rounds] of Object.entries(await measure(name, args)))
      all[key] = [...(all[key] ?? []), ...rounds];
  return all;
}
