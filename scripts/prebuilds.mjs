// `npm run prebuilds`: makes the binary of every target (release/targets.mjs) in prebuilds/, on one Linux x64 machine, with
// the zig compiler from npm. Arguments are names of targets, such as linux-x64-musl, if not all are wanted. Needs what `npm ci` builds.
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fetchZig } from './release/zig.mjs';
import { library, packageRoot, script, ScriptError } from './run.mjs';
import { problemsOf, readBinary } from './release/demands.mjs';
import { fileOf, nameOf, TARGETS } from './release/targets.mjs';

/** Linker flags by platform. Without an install name, it would be the path here. @type {Readonly<Record<string, readonly string[]>>} */
const LDFLAGS = {
  linux: [
    ...['-Wl,-z,nodelete', '-Wl,--gc-sections'],
    `-Wl,--version-script=${path.join(packageRoot, 'native/node/exports.map')}`,
  ],
  darwin: ['-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip', '-Wl,-install_name,gpu-buddy.node'],
};

/**
 * @param {Awaited<ReturnType<typeof fetchZig>>} compiler
 * @param {import('./release/targets.mjs').Target} target
 * @returns {import('../lib/addon/compile.js').Toolchain}
 */
function toolchainFor({ zig, env }, { platform, triple }) {
  return {
    platform,
    cc: [zig, 'cc', '-target', triple],
    cxx: [zig, 'c++', '-target', triple],
    // Link-time optimisation: on other platforms zig's linker does not know it, or lacks functions for it.
    flags: ['-g0', '-ffunction-sections', '-fdata-sections', ...(platform === 'linux' ? ['-flto'] : [])],
    ldflags: ['-s', ...(LDFLAGS[platform] ?? [])],
    env,
  };
}

await script('prebuilds', async () => {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !TARGETS.some((target) => nameOf(target) === name));
  if (unknown.length > 0)
    throw new ScriptError(`there is no target ${unknown.join(', ')}, only ${TARGETS.map(nameOf).join(', ')}`);
  const compiler = await fetchZig();
  for (const target of TARGETS.filter((one) => names.length === 0 || names.includes(nameOf(one)))) {
    const start = performance.now();
    const file = path.join(packageRoot, fileOf(target));
    rmSync(file, { force: true });
    await library('compile').compileAddon(packageRoot, file, toolchainFor(compiler, target));
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${fileOf(target)}: ${statSync(file).size} bytes, ${seconds} s`);
    const problems = problemsOf(await readBinary(file), target);
    if (problems.length > 0) throw new ScriptError(`${fileOf(target)}: ${problems.join('; ')}`);
  }
});
