// `npm run bench`: makes ready what is measured, measures, prints and, with --check, judges.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkAgain } from './check.mjs';
import { parseOptions, usage } from './options.mjs';

const bench = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} folder @param {string[]} args */
function npm(folder, args) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/** Installs the benchmark's own packages, and builds the package and the C side. */
function prepare() {
  if (!existsSync(`${bench}node_modules`)) {
    console.error('Installing what the benchmark needs …');
    npm(bench, ['ci', '--ignore-scripts']);
  }
  console.error('Building …');
  npm(root, ['run', 'build']);
  npm(root, ['exec', '--', 'node-gyp', 'configure', 'build', '-C', 'bench/c']);
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.from !== undefined) return checkAgain(options.from);
  prepare();
  // Imported now, since it needs what has just been installed and built.
  const { run } = await import('./run.mjs');
  return run(options);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
