/** Runs a measurement in a process of its own, with a heap that nothing else has been in. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * @param {string} name of a file in measure/
 * @param {(string | number)[]} [args]
 * @param {string[]} [execArgv]
 * @returns {Promise<any>} what it reports
 */
export function measure(name, args = [], execArgv = ['--expose-gc']) {
  const file = fileURLToPath(new URL(`./measure/${name}.mjs`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(file, args.map(String), { execArgv, serialization: 'advanced' });
    let result;
    child.on('message', (message) => (result = message));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(result);
      else reject(new Error(`${name} ${args.join(' ')} ended with ${signal ?? code}`));
    });
  });
}

/** V8 compiles the same code differently from one process to the next, by up to a fifth of the time. */
const PROCESSES = 5;

/**
 * Measures in several processes, one after the other: for differences that are smaller than those between processes.
 *
 * @param {string} name
 * @param {(string | number)[]} args
 * @returns {Promise<Record<string, import('./clock.mjs').Times[]>>} the rounds of all of them
 */
export async function measureInSeveral(name, args) {
  /** @type {Record<string, import('./clock.mjs').Times[]>} */
  const all = {};
  for (let process = 0; process < PROCESSES; process++)
    for (const [key, rounds] of Object.entries(await measure(name, args)))
      all[key] = [...(all[key] ?? []), ...rounds];
  return all;
}
