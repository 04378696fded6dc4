// Lints our C with the compiler alone: every file is compiled to nowhere, all warnings on, warnings being errors,
// with gcc's static analyzer where the compiler is gcc. Vendored headers count as the system's: they are not linted.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { availableParallelism, devNull } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folders = ['native/kernel', 'native/buddy', 'test/native', 'bench/c'];
const warnings = [
  ...['-Wall', '-Wextra', '-Wshadow', '-Wstrict-prototypes', '-Wmissing-prototypes', '-Wpointer-arith'],
  ...['-Wcast-qual', '-Wvla', '-Wundef', '-Wformat=2', '-Werror'],
];

const { cflags, includes, linux, windows } = JSON.parse(
  readFileSync(path.join(root, 'native/sources.json'), 'utf8'),
);

/** The flags and include folders of the build itself, which stand once for every build. */
function buildFlags() {
  return [
    ...cflags,
    ...includes.flatMap((/** @type {string} */ folder) => [
      folder.startsWith('vendor/') ? '-isystem' : '-I',
      folder,
    ]),
    // The benchmark's C side is an addon.
    ...['-isystem', path.join(root, 'node_modules/node-api-headers/include')],
  ];
}

/** @returns {Promise<{ command: string[], isGcc: boolean }>} the C compiler: $CC, else gcc, else clang */
async function findCompiler() {
  const candidates = process.env.CC ? [process.env.CC.split(' ')] : [['gcc'], ['clang']];
  for (const command of candidates) {
    const { failed, output } = await run([...command, '--version']);
    if (!failed) return { command, isGcc: !output.includes('clang') };
  }
  throw new Error('No C compiler found: install gcc or clang, or name one in CC.');
}

/** @param {string[]} command @returns {Promise<{ failed: boolean, output: string }>} */
function run([program, ...args]) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ failed: error !== null, output: stdout + stderr });
    });
  });
}

/** @param {string} folder */
function sourcesBelow(folder) {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.c'))
    .map((name) => path.posix.join(folder, name))
    .sort();
}

/** @returns {Promise<number>} how many files failed */
async function lint() {
  if (!existsSync(path.join(root, linux[0])))
    throw new Error("The kernel's files are not here yet: `npm ci` fetches them.");
  const { command, isGcc } = await findCompiler();
  const flags = [...buildFlags(), '-O2', ...warnings, ...(isGcc ? ['-fanalyzer'] : [])];
  const files = folders.flatMap(sourcesBelow).filter((file) => !windows.includes(file));
  const waiting = files.values();
  let failures = 0;
  const worker = async () => {
    for (const file of waiting) {
      const { failed, output } = await run([...command, ...flags, '-c', file, '-o', devNull]);
      if (failed) failures += 1;
      process.stderr.write(output);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  console.log(`${files.length} C files linted with ${command.join(' ')}, ${failures} with warnings`);
  return failures;
}

try {
  if ((await lint()) > 0) process.exitCode = 1;
} catch (error) {
  console.error(`lint-c: ${error.message}`);
  process.exitCode = 1;
}
