// What `npm run prebuild` runs: makes the binary of every target (release/targets.mjs) in prebuilds/, on one Linux x64 machine.
// Arguments are names of targets, such as linux-x64-musl, if not all are wanted.

import { existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Manifest } from './linux/manifest.mjs';
import { packageRoot } from './linux/root.mjs';
import { problemsOfFile } from './release/demands.mjs';
import { ToolMissing } from './release/installed.mjs';
import { fileOf, nameOf, TARGETS } from './release/targets.mjs';
import { fetchZig, toolchainFor } from './release/zig.mjs';

/** @param {string[]} names */
function targetsNamed(names) {
  const unknown = names.filter((name) => !TARGETS.some((target) => nameOf(target) === name));
  if (unknown.length > 0)
    throw new ToolMissing(`there is no target ${unknown.join(', ')}, only ${TARGETS.map(nameOf).join(', ')}`);
  return names.length > 0 ? TARGETS.filter((target) => names.includes(nameOf(target))) : TARGETS;
}

/** What every target is compiled from. */
function checkSources() {
  const buddy = path.join(Manifest.read(packageRoot).folder, 'drivers/gpu/buddy.c');
  for (const file of [buddy, 'vendor/node-api/napi.h', 'dist/addon/compile.js'])
    if (!existsSync(path.resolve(packageRoot, file)))
      throw new ToolMissing(`${file} is missing: run \`npm ci\``);
}

async function main() {
  const targets = targetsNamed(process.argv.slice(2));
  checkSources();
  /** @type {typeof import('../lib/addon/compile.js')} */
  const { compileAddon } = await import(new URL('../dist/addon/compile.js', import.meta.url).href);
  const compiler = await fetchZig(console.log);
  for (const target of targets) {
    const start = performance.now();
    const file = path.join(packageRoot, fileOf(target));
    rmSync(file, { force: true });
    await compileAddon(packageRoot, file, toolchainFor(compiler, target));
    const problems = problemsOfFile(file, target);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(
      `${fileOf(target).padEnd(48)}${String(statSync(file).size).padStart(8)} bytes ${seconds.padStart(4)} s`,
    );
    for (const problem of problems) console.error(`  ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
}

try {
  await main();
} catch (error) {
  const { name, message } = /** @type {Error} */ (error);
  if (!(error instanceof ToolMissing) && name !== 'CompileError') throw error;
  console.error(`prebuild: ${message}`);
  process.exitCode = 1;
}
