// Builds the native tests, or the fuzzer, as CMakeLists.txt describes them.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { CommandFailed, isThere, library, packageRoot, run, ScriptError } from './run.mjs';

export const jobs = ['--parallel', String(availableParallelism())];

/**
 * @param {string} name of the folder below build/native/
 * @param {string[]} options for cmake
 * @param {string} [target] all of them unless given
 * @returns {Promise<string>} the folder
 */
export async function buildNative(name, options, target) {
  const folder = path.join(packageRoot, 'build/native', name);
  const generator = existsSync(path.join(folder, 'CMakeCache.txt')) ? [] : ['-G', await findGenerator()];
  const commands = [
    ['cmake', '-S', '.', '-B', folder, ...generator, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', ...options],
    ['cmake', '--build', folder, ...jobs, ...(target ? ['--target', target] : [])],
  ];
  for (const command of commands)
    await run(command, { cwd: packageRoot }).catch((error) => {
      throw error instanceof CommandFailed
        ? new ScriptError(`${command.slice(0, 2).join(' ')} of the ${name} build failed:\n${error.output}`)
        : error;
    });
  return folder;
}

/** Finds cmake's name for what builds. */
async function findGenerator() {
  const { installText } = library('install-text');
  if (!(await isThere(['cmake'])))
    throw new ScriptError(`CMake is missing. ${installText(['cmake', 'make'])}`);
  if (await isThere(['ninja'])) return 'Ninja';
  if (await isThere(['make'])) return 'Unix Makefiles';
  throw new ScriptError(`Ninja or make is missing. ${installText(['ninja'])}`);
}
