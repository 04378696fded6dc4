// What `npm run release:check` runs: everything between a commit and its tarball, in a clean clone, ending at the first step that
// fails. With `--here` in this checkout, as it is. The tarball is left in build/release/.
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pack } from './release/pack.mjs';
import { packageRoot, script, ScriptError, show, withTempFolder } from './run.mjs';

const output = path.join(packageRoot, 'build/release');
/** Of the tarball. */
const MOST_BYTES = 1_200_000;

/** @param {string} cwd @param {string[]} command */
async function step(cwd, ...command) {
  console.log(`\n── ${command.join(' ')}`);
  await show(command, { cwd });
}

/** @param {string} folder */
async function check(folder) {
  const read = (/** @type {string} */ name) => readFileSync(path.join(folder, name), 'utf8');
  const { version } = JSON.parse(read('package.json'));
  if (!read('CHANGELOG.md').includes(`\n## ${version} `))
    throw new ScriptError(`CHANGELOG.md says nothing of ${version}`);
  const npmRun = ['npm', 'run', '--silent'];
  await step(folder, ...npmRun, 'lint');
  await step(folder, ...npmRun, 'build', 'lib');
  await step(folder, ...npmRun, 'prebuilds');
  await step(folder, ...npmRun, 'test:js', 'test/package', 'test/scripts/prebuilds', 'test/addon');
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const tarball = await pack(output, folder);
  const name = path.basename(tarball);
  const { size } = statSync(tarball);
  if (size > MOST_BYTES) throw new ScriptError(`${name} has ${size} bytes, more than ${MOST_BYTES}`);
  console.log(`\n── ${name}: ${size} bytes`);
  for (const proof of ['prove', 'consume'])
    await step(folder, process.execPath, `scripts/release/${proof}.mjs`, '--tarball', tarball);
  console.log(`\nReady to be published: build/release/${name}`);
}

await script('release:check', async () => {
  const { here } = parseArgs({ options: { here: { type: 'boolean', default: false } } }).values;
  if (here) return check(packageRoot);
  await withTempFolder(async (folder) => {
    await step(packageRoot, 'git', 'clone', '--quiet', packageRoot, folder);
    await step(folder, 'npm', 'ci');
    await check(folder);
  });
});
