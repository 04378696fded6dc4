/** Everything that must be there before something is measured: the package, the C side, and bench's own packages. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} folder @param {string[]} args */
function npm(folder, args) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

export function prepare() {
  if (!existsSync(`${bench}node_modules`)) {
    console.error('Installing what the benchmark needs …');
    npm(bench, ['ci', '--ignore-scripts']);
  }
  console.error('Building …');
  npm(root, ['run', 'build']);
  npm(root, ['exec', '--', 'node-gyp', 'configure', 'build', '-C', 'bench/c']);
}
