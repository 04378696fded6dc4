// Builds the native tests, or the fuzzer, as CMakeLists.txt describes them, on any kernel that vendor/linux.json knows.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Manifest } from './linux/manifest.mjs';
import { sourcesOf } from './linux/sources.mjs';
import { CommandFailed, isThere, packageRoot, run, ScriptError } from './run.mjs';

export const jobs = ['--parallel', String(availableParallelism())];

/**
 * @param {string} name of the folder below build/native/
 * @param {string[]} options for cmake
 * @param {{ target?: string, kernel?: string }} [chosen] all targets unless given, on the series of the kernel that is built in unless given
 * @returns {Promise<string>} the folder
 */
export async function buildNative(name, options, { target, kernel } = {}) {
  const manifest = Manifest.read(packageRoot, kernel);
  const folder = path.join(packageRoot, 'build/native', manifest.isBuiltIn ? '.' : manifest.series, name);
  const sources = writeSources(manifest);
  // CMake takes it for a new folder only.
  const env = { CMAKE_GENERATOR: (await isThere(['ninja'])) ? 'Ninja' : 'Unix Makefiles' };
  const commands = [
    ['cmake', '-S', '.', '-B', folder, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', ...sources, ...options],
    ['cmake', '--build', folder, ...jobs, ...(target ? ['--target', target] : [])],
  ];
  for (const command of commands)
    await run(command, { cwd: packageRoot, env }).catch((error) => {
      throw error instanceof CommandFailed && !error.missing
        ? new ScriptError(`${command.slice(0, 2).join(' ')} of the ${name} build failed:\n${error.output}`)
        : error;
    });
  return folder;
}

/** Writes the lists of sources for another kernel than the built-in one; gives the option that names them. @param {Manifest} manifest */
function writeSources(manifest) {
  if (manifest.isBuiltIn) return [];
  const file = path.join(packageRoot, 'build/native', manifest.series, 'sources.json');
  const text = `${JSON.stringify(sourcesOf(packageRoot, manifest), null, 2)}\n`;
  mkdirSync(path.dirname(file), { recursive: true });
  // A file that did not change does not make everything anew.
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  return [`-DSOURCES=${file}`];
}
