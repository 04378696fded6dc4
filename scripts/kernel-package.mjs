// `node scripts/kernel-package.mjs 6.12`: makes packages/linux-6.12, the package @gpu-buddy/linux-6.12, all but its binary: a copy of
// dist/ and of native/, that kernel's MIT files, which are fetched if need be, and the headers of Node-API. Prints its folder, which
// is this package's own for the kernel that is built in. `gpu-buddy build --kernel 6.12` calls it, and compiles there.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fetchLinux } from './linux/fetch.mjs';
import { Manifest } from './linux/manifest.mjs';
import { sourcesOf } from './linux/sources.mjs';
import { packageRoot, script, ScriptError } from './run.mjs';

/** Fields that such a package has in common with this one. */
const SHARED = [
  ...['version', 'license', 'author', 'type', 'main', 'types', 'exports', 'typesVersions', 'engines', 'os'],
  ...['gypfile', 'binary', 'dependencies', 'peerDependencies', 'peerDependenciesMeta'],
];
/** Milliseconds that public trees have to answer. */
const TIMEOUT = 15_000;

/** Copies a file or a folder of this package, at the same path. @param {string} folder @param {string} name */
function copy(folder, name) {
  const from = path.join(packageRoot, name);
  if (!existsSync(from)) throw new ScriptError(`${name} is missing: run \`npm run build\``);
  cpSync(from, path.join(folder, name), { recursive: true });
}

/** @param {string} folder @param {string} name @param {unknown} content */
function writeJson(folder, name, content) {
  writeFileSync(path.join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
}

/** @param {Manifest} manifest @param {string} linux the release */
function makePackage(manifest, linux) {
  const { series, addonPaths } = manifest;
  const folder = path.join(packageRoot, 'packages', `linux-${series}`);
  for (const name of ['dist', 'native', 'vendor'])
    rmSync(path.join(folder, name), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const kernel = [...addonPaths, 'origin.json'].map((name) => `vendor/linux/${series}/${name}`);
  for (const name of ['dist', 'native', 'vendor/node-api', 'LICENSE', 'THIRD-PARTY.md', ...kernel])
    copy(folder, name);
  writeJson(folder, 'native/sources.json', sourcesOf(packageRoot, manifest));

  const own = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8'));
  writeJson(folder, 'package.json', {
    name: `@gpu-buddy/linux-${series}`,
    description: `The GPU memory allocator of Linux ${linux}, with the same classes as gpu-buddy`,
    linux,
    ...Object.fromEntries(SHARED.map((key) => [key, own[key]])),
    files: ['dist', 'native', 'vendor', 'prebuilds/*/gpu-buddy*.node', 'THIRD-PARTY.md'],
  });
  writeFileSync(
    path.join(folder, 'README.md'),
    `# @gpu-buddy/linux-${series}\n\n\`gpu-buddy\` with the allocator of Linux ${linux} inside: the same classes, from another kernel. ` +
      'What differs: docs/internals/kernels.md in the repository of gpu-buddy.\n',
  );
  return folder;
}

await script('kernel-package', async () => {
  const [series, ...others] = process.argv.slice(2);
  if (series === undefined || others.length > 0) throw new ScriptError('name one series, such as 6.12');
  const manifest = Manifest.read(packageRoot, series);
  const { origin } = await fetchLinux({ root: packageRoot, kernel: series, tests: false, timeout: TIMEOUT });
  console.log(manifest.isBuiltIn ? packageRoot : makePackage(manifest, origin.version));
});
