// What `npm run release:check` runs: everything between a commit and its tarball, in a clean clone, ending at the first step that
// fails. With `--here` in this checkout, as it is. The tarball is left in build/release/.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from './linux/root.mjs';
import { withTempFolder } from './linux/temp.mjs';
import { pack } from './release/pack.mjs';

const { values } = parseArgs({ options: { here: { type: 'boolean', default: false } } });
const output = path.join(packageRoot, 'build/release');
/** Of the tarball. */
const MOST_BYTES = 1_200_000;

class StepFailed extends Error {
  name = 'StepFailed';
}

/** @param {string} cwd @param {string[]} command */
function step(cwd, [program, ...args]) {
  console.log(`\n── ${[program, ...args].join(' ')}`);
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0)
    throw new StepFailed(`${[program, ...args].join(' ')}: ${error?.message ?? `exit status ${status}`}`);
}

/** @param {string} folder */
function checkChangelog(folder) {
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const changelog = readFileSync(path.join(folder, 'CHANGELOG.md'), 'utf8');
  if (!changelog.includes(`\n## ${version} `))
    throw new StepFailed(`CHANGELOG.md says nothing of ${version}`);
}

/** @param {string} folder */
async function check(folder) {
  checkChangelog(folder);
  step(folder, ['npm', 'run', '--silent', 'lint:ts']);
  step(folder, ['npm', 'run', '--silent', 'prebuild']);
  step(folder, [
    'npm',
    'run',
    '--silent',
    'test:js',
    '--',
    'test/package',
    'test/scripts/prebuild',
    'test/addon',
  ]);
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const tarball = await pack(output, folder);
  const name = path.basename(tarball);
  const { size } = statSync(tarball);
  if (size > MOST_BYTES) throw new StepFailed(`${name} has ${size} bytes, more than ${MOST_BYTES}`);
  console.log(`\n── ${name}: ${size} bytes`);
  step(folder, ['npm', 'run', '--silent', 'prove', '--', '--all', '--tarball', tarball]);
  step(folder, ['npm', 'run', '--silent', 'consume', '--', '--tarball', tarball]);
  console.log(`\nReady to be published: build/release/${name}`);
}

try {
  if (values.here) await check(packageRoot);
  else
    await withTempFolder(path.join(tmpdir(), 'gpu-buddy-release-'), async (folder) => {
      step(packageRoot, ['git', 'clone', '--quiet', packageRoot, folder]);
      step(folder, ['npm', 'ci']);
      await check(folder);
    });
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  console.error(`\nrelease:check: ${error.message}`);
  process.exitCode = 1;
}
