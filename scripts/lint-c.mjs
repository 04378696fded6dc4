// Lints our C with the compiler alone: every file is compiled to nowhere, all warnings on, warnings being errors,
// with gcc's static analyzer where the compiler is gcc. Vendored headers count as the system's: they are not linted.
import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism, devNull } from 'node:os';
import path from 'node:path';
import { CommandFailed, isThere, packageRoot, run, script, ScriptError } from './run.mjs';

const FOLDERS = ['native/kernel', 'native/buddy', 'test/native', 'bench/c'];
const WARNINGS = [
  ...['-Wall', '-Wextra', '-Wshadow', '-Wstrict-prototypes', '-Wmissing-prototypes', '-Wpointer-arith'],
  ...['-Wcast-qual', '-Wvla', '-Wundef', '-Wformat=2', '-Werror'],
];

/** Finds the C compiler: $CC, else gcc, else clang. */
async function findCompiler() {
  for (const command of process.env.CC ? [process.env.CC.split(' ')] : [['gcc'], ['clang']])
    if (await isThere(command)) return command;
  throw new ScriptError('No C compiler found: install gcc or clang, or name one in CC.');
}

await script('lint-c', async () => {
  const { cflags, includes, windows } = JSON.parse(
    readFileSync(path.join(packageRoot, 'native/sources.json'), 'utf8'),
  );
  const compiler = await findCompiler();
  const isGcc = !(await run([...compiler, '--version'])).includes('clang');
  const folders = includes.flatMap((/** @type {string} */ folder) => [
    folder.startsWith('vendor/') ? '-isystem' : '-I',
    folder,
  ]);
  // The benchmark's C side is an addon.
  const headers = ['-isystem', 'node_modules/node-api-headers/include'];
  const flags = [...cflags, ...folders, ...headers, '-O2', ...WARNINGS, ...(isGcc ? ['-fanalyzer'] : [])];
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.c'))
      .map((name) => path.posix.join(folder, name)),
  ).filter((file) => !windows.includes(file));
  const waiting = files.values();
  let failures = 0;
  const worker = async () => {
    for (const file of waiting)
      await run([...compiler, ...flags, '-c', file, '-o', devNull], { cwd: packageRoot }).catch((error) => {
        if (!(error instanceof CommandFailed)) throw error;
        failures += 1;
        console.error(error.output);
      });
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  console.log(`${files.length} C files linted with ${compiler.join(' ')}, ${failures} with warnings`);
  if (failures > 0) process.exitCode = 1;
});
