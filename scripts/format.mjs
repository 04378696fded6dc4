// Formats the project, or with --check lists the files that are not formatted and exits 1.
// Prettier does TypeScript, JavaScript and JSON; clang-format (as WebAssembly, so that everybody has the same
// version) does C and C++. Knows no style itself: that is in .prettierrc.json and .clang-format.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from '@wasm-fmt/clang-format';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');
/** Those with C and C++. */
const folders = ['native', 'test/native', 'test/kunit', 'test/fuzz', 'tools/oracle/kernel', 'bench/c'];

/** @returns {boolean} whether every file is formatted now */
function formatScripts() {
  const prettier = createRequire(import.meta.url).resolve('prettier/bin/prettier.cjs');
  const args = check ? ['--list-different', '.'] : ['--write', '--list-different', '.'];
  return spawnSync(process.execPath, [prettier, ...args], { cwd: root, stdio: 'inherit' }).status === 0;
}

/** @returns {boolean} whether every file is formatted now */
function formatNative() {
  const style = readFileSync(path.join(root, '.clang-format'), 'utf8');
  let clean = true;
  for (const file of folders.flatMap(filesBelow)) {
    const before = readFileSync(path.join(root, file), 'utf8');
    const after = format(before, file, style);
    if (after === before) continue;
    console.log(file);
    if (check) clean = false;
    else writeFileSync(path.join(root, file), after);
  }
  return clean;
}

/** @param {string} folder */
function filesBelow(folder) {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(c|h|cc|cpp|hpp)$/.test(name))
    .map((name) => path.posix.join(folder, name))
    .sort();
}

const clean = [formatScripts(), formatNative()].every(Boolean);
if (!clean && check) console.error('These files are not formatted: run `npm run format`.');
if (!clean) process.exitCode = 1;
