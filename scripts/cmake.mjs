// Builds the native tests, or the fuzzer, as CMakeLists.txt describes them.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { CommandFailed, isThere, packageRoot, run, ScriptError } from './run.mjs';

export const jobs = ['--parallel', String(availableParallelism())];

/**
 * @param {string} name of the folder below build/native/
 * @param {string[]} options for cmake
 * @param {string} [target] all of them unless given
 * @returns {Promise<string>} the folder
 */
export async function buildNative(name, options, target) {
  const folder = path.join(packageRoot, 'build/native', name);
  // CMake takes it for a new folder only.
  const env = { CMAKE_GENERATOR: (await isThere(['ninja'])) ? 'Ninja' : 'Unix Makefiles' };
  const commands = [
    ['cmake', '-S', '.', '-B', folder, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', ...options],
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
