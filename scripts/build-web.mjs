// `npm run build -- web`: the page of packages/web, installed from its lock file and built into its dist/. Needs npm's registry.
import path from 'node:path';
import { installPackage } from './packages.mjs';
import { packageRoot, script, ScriptError, show } from './run.mjs';

await script('build web', async () => {
  const folder = path.join(packageRoot, 'packages/web');
  const reason = await installPackage(folder);
  if (reason) throw new ScriptError(reason);
  await show(['npm', 'run', '--silent', 'build'], { cwd: folder });
});
