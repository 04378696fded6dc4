// Proves the binaries in a tarball, `--tarball FILE`: each is read, and run wherever it can be, with a table in the end. Exit status 1
// where one is not sound, does not run, or could not be tried.
import { cpSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot, printTable, run, script, ScriptError, withTempFolder } from '../run.mjs';
import { problemsOf, readBinary } from './demands.mjs';
import { findHosts } from './hosts.mjs';
import { emptyProject } from './project.mjs';
import { fileOf, nameOf, TARGETS } from './targets.mjs';

const MUSL_LIBC = '/lib/ld-musl-x86_64.so.1';

/** Runs smoke.cjs in a project of its own, and gives its last line. @param {string} tarball @param {import('./hosts.mjs').Host} host */
function proveByRunning(tarball, { target, command, env, files = [], packages }) {
  if (!files.every((file) => existsSync(file))) throw new ScriptError(`apt-get install ${packages}`);
  return withTempFolder(async (folder) => {
    await emptyProject(folder, tarball);
    // Stands in the project, the only folder that some hosts let a program read.
    cpSync(path.join(packageRoot, 'scripts/release/smoke.cjs'), path.join(folder, 'smoke.cjs'));
    cpSync(path.join(packageRoot, 'test/golden'), path.join(folder, 'golden'), { recursive: true });
    const words = command.map((word) => word.replace('PROJECT', folder));
    const output = await run([...words, path.join(folder, 'smoke.cjs'), path.join(folder, 'golden')], {
      cwd: folder,
      env: { ...env, GPU_BUDDY_ADDON: '' },
    });
    const file = fileOf(TARGETS.find((one) => nameOf(one) === target));
    if (!output.replaceAll('\\', '/').includes(`addon       ${file} `))
      throw new ScriptError(`${file} was not loaded: ${output}`);
    const last = output.trimEnd().split(/\r?\n/).at(-1) ?? '';
    if (!/^smoke: \d+ passed(, \d+ left out)?$/.test(last)) throw new ScriptError(`it ended with "${last}"`);
    return last;
  });
}

/** Looks at what a binary asks of its system. Where musl is installed, that it has all that is asked. @param {string} file @param {import('./targets.mjs').Target} target */
async function proveByReading(file, target) {
  const binary = await readBinary(file);
  const problems = problemsOf(binary, target);
  if (target.libc === 'musl' && existsSync(MUSL_LIBC)) {
    const has = new Set((await readBinary(MUSL_LIBC)).exports);
    const lacking = binary.imports.filter(({ name }) => !has.has(name) && !/^(napi|node_api)_/.test(name));
    problems.push(...lacking.map(({ name }) => `musl has no ${name}`));
  }
  if (problems.length > 0) throw new ScriptError(problems.join('; '));
  return `sound, ${statSync(file).size} bytes`;
}

await script('prove', async () => {
  const { tarball } = parseArgs({ options: { tarball: { type: 'string' } } }).values;
  const rows = [['target', 'how tested', 'result']];
  const ran = new Set();
  /** @param {string} target @param {string} how @param {() => Promise<string>} prove */
  const attempt = async (target, how, prove) => {
    console.log(`${target}: ${how}`);
    try {
      rows.push([target, how, await prove()]);
      return true;
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      rows.push([target, how, `FAILED: ${error.message}`]);
      process.exitCode = 1;
      return false;
    }
  };
  for (const host of await findHosts())
    if (await attempt(host.target, host.how, () => proveByRunning(tarball, host))) ran.add(host.target);
  await withTempFolder(async (folder) => {
    await emptyProject(folder, tarball);
    for (const target of TARGETS) {
      const file = path.join(folder, 'node_modules/gpu-buddy', fileOf(target));
      const how = ran.has(nameOf(target)) ? 'read by LLVM' : 'only read, not run';
      await attempt(nameOf(target), how, () => proveByReading(file, target));
    }
  });
  console.log();
  printTable(rows);
});
