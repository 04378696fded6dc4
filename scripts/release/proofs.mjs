// Proves one binary of a tarball: by running it where a Node for it can be had, or else by what it asks of its system.

import { cpSync, existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../linux/run.mjs';
import { withTempFolder } from '../linux/temp.mjs';
import { packageRoot } from '../linux/root.mjs';
import { readBinary } from './binary.mjs';
import { problemsOfFile } from './demands.mjs';
import { emptyProject } from './project.mjs';
import { fileOf, nameOf, TARGETS } from './targets.mjs';

/** @typedef {import('./targets.mjs').Target} Target */
/** @typedef {{ target: string, how: string, result: string, status: 'passed' | 'failed' | 'missing' }} Row */

const SMOKE = fileURLToPath(new URL('smoke.cjs', import.meta.url));
const MUSL_LIBC = '/lib/ld-musl-x86_64.so.1';
/** Names what reading a binary shows, by platform. @type {Readonly<Record<string, string>>} */
const READ = {
  linux: 'ELF: symbols and versions',
  darwin: 'Mach-O: binds Node-API and libSystem only',
  win32: 'PE: imports and exports',
};
const TRACES = path.join(packageRoot, 'test/golden');

/** @param {string} tarball @param {import('./runtimes.mjs').Runtime | import('./runtimes.mjs').Lacking} runtime @returns {Promise<Row>} */
export async function proveByRunning(tarball, runtime) {
  const { target, how } = runtime;
  if ('missing' in runtime) return { target, how, status: 'missing', result: `not run: ${runtime.missing}` };
  return withTempFolder(path.join(tmpdir(), 'gpu-buddy-prove-'), async (folder) => {
    try {
      await emptyProject(folder, tarball);
      // In the project, which is all that some hosts let a program read.
      const [script, traces] = ['smoke.cjs', 'golden'].map((name) => path.join(folder, name));
      cpSync(SMOKE, script);
      cpSync(TRACES, traces, { recursive: true });
      const command = runtime.command.map((word) => word.replace('PROJECT', folder));
      const output = await run([[...command, script, traces]], {
        cwd: folder,
        env: { ...runtime.env, GPU_BUDDY_ADDON: '' },
      });
      const [, version] = /^\w+ (\S+) on /m.exec(output) ?? [];
      const file = fileOf(TARGETS.find((one) => nameOf(one) === target));
      if (!output.includes(`loaded: passed ${file}\n`)) throw new Error(`${file} was not loaded`);
      const last = output.trimEnd().split('\n').at(-1) ?? '';
      if (!/^smoke: \d+ passed(, \d+ left out)?$/.test(last)) throw new Error(`it ended with "${last}"`);
      const name = how.includes(`${version}`) ? how : `${how} (${version})`;
      return { target, how: name, status: 'passed', result: last };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { target, how, status: 'failed', result: `FAILED: ${error.message}` };
    }
  });
}

/**
 * What a binary asks of its system. Where musl is installed, that it has all that is asked.
 * @param {string} folder an installed package
 * @param {Target} target
 * @returns {Row}
 */
export function proveByReading(folder, target) {
  const how = READ[target.platform];
  const file = path.join(folder, fileOf(target));
  if (!existsSync(file))
    return { target: nameOf(target), how, status: 'failed', result: 'FAILED: it is not in the tarball' };
  const problems = [...problemsOfFile(file, target), ...(target.libc === 'musl' ? lackingInMusl(file) : [])];
  return problems.length > 0
    ? { target: nameOf(target), how, status: 'failed', result: `FAILED: ${problems.join('; ')}` }
    : { target: nameOf(target), how, status: 'passed', result: `sound, ${statSync(file).size} bytes` };
}

/** @param {string} file */
function lackingInMusl(file) {
  if (!existsSync(MUSL_LIBC)) return [];
  const has = new Set(elfOf(MUSL_LIBC).definedSymbols);
  return elfOf(file)
    .undefinedSymbols.filter(({ name }) => !has.has(name) && !/^(napi|node_api)_/.test(name))
    .map(({ name }) => `musl has no ${name}`);
}

/** @param {string} file */
function elfOf(file) {
  const binary = readBinary(file);
  if (binary.format !== 'ELF') throw new Error(`${file} is no ELF file`);
  return binary;
}
