// `npm run build:web` and `npm run test:web`: the page of packages/web, installed from its lock file, built into its dist/, and tried in
// a Chromium. Needs npm's registry for the package's own packages; the tests also need what `npm ci` builds.
import path from 'node:path';
import { installPackage, testPackage } from './packages.mjs';
import { packageRoot, script, ScriptError, show } from './run.mjs';
import { countsLine } from './test-report.mjs';

const folder = path.join(packageRoot, 'packages/web');

async function build() {
  const reason = await installPackage(folder);
  if (reason) throw new ScriptError(reason);
  await show(['npm', 'run', '--silent', 'build'], { cwd: folder });
}

await script('web', async () => {
  const [part] = process.argv.slice(2);
  if (part !== 'build' && part !== 'test') throw new ScriptError('say build or test');
  if (part === 'build') {
    await build();
    return;
  }
  const { counts } = await testPackage('web', folder);
  console.log(`\n${countsLine(counts)}`);
  if (counts.failed > 0) process.exitCode = 1;
});
