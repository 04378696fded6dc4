// Runs everything between a commit and its tarball, in a clean clone, and stops at the first step that fails. Leaves the tarball
// in build/release/.
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { packageRoot, script, ScriptError, show, withTempFolder } from './run.mjs';

const output = path.join(packageRoot, 'build/release');
/** Limits the size of the tarball. */
const MOST_BYTES = 1_200_000;

await script('release:check', () =>
  withTempFolder(async (folder) => {
    /** @param {string[]} command */
    const step = async (...command) => {
      console.log(`\n── ${command.join(' ')}`);
      await show(command, { cwd: folder });
    };
    const npmRun = ['npm', 'run', '--silent'];
    await step('git', 'clone', '--quiet', packageRoot, '.');
    const read = (/** @type {string} */ name) => readFileSync(path.join(folder, name), 'utf8');
    const { version } = JSON.parse(read('package.json'));
    if (!read('CHANGELOG.md').includes(`\n## ${version} `))
      throw new ScriptError(`CHANGELOG.md says nothing of ${version}`);
    await step('npm', 'ci');
    await step(...npmRun, 'lint');
    await step(...npmRun, 'docs');
    await step(...npmRun, 'prebuilds');
    await step(...npmRun, 'test:js', 'test/package', 'test/scripts/prebuilds', 'test/addon');

    rmSync(output, { recursive: true, force: true });
    mkdirSync(output, { recursive: true });
    // Only a checkout needs these: npm 12 warns of a `prepare` that it does not run.
    await step('npm', 'pkg', 'delete', 'scripts', 'devDependencies', 'overrides');
    await step('npm', 'pack', '--silent', '--pack-destination', output);
    const tarball = path.join(output, `gpu-buddy-${version}.tgz`);
    const { size } = statSync(tarball);
    if (size > MOST_BYTES) throw new ScriptError(`the tarball has ${size} bytes, more than ${MOST_BYTES}`);
    for (const proof of ['prove', 'consume'])
      await step(process.execPath, `scripts/release/${proof}.mjs`, '--tarball', tarball);
    console.log(`\nReady to be published: ${path.relative(packageRoot, tarball)}, ${size} bytes`);
  }),
);
