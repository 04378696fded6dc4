// Puts a few files in place of the many that tsc has compiled: each takes its time to be found, read and compiled, and
// `require('gpu-buddy')` needs twenty of them. The types stay as tsc has written them.
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';
import { packageRoot } from './run.mjs';

const dist = path.join(packageRoot, 'dist');

/** Files that are loaded by their names: by users; by scripts; by tests. */
const ENTRIES = [
  ...['index', 'trace/index', 'trace/fit-worker', 'queue/index', 'metrics/index', 'draw/index', 'cli/main'],
  ...[
    'cli/run',
    'cli/kernel-child',
    'addon/places',
    'addon/compile',
    'addon/compilers',
    'addon/install-text',
  ],
  ...['gpu-buddy', 'native'],
];

for (const file of readdirSync(dist, { encoding: 'utf8', recursive: true }))
  if (file.endsWith('.js')) rmSync(path.join(dist, file));

await build({
  cwd: packageRoot,
  input: Object.fromEntries(ENTRIES.map((name) => [name, `lib/${name}.ts`])),
  platform: 'node',
  external: ['cli-progress', 'yauzl'],
  tsconfig: 'tsconfig.build.json',
  transform: { target: 'es2022' },
  logLevel: 'warn',
  output: {
    dir: dist,
    // As tsc writes it.
    format: 'cjs',
    strict: true,
    exports: 'named',
    esModule: true,
    generatedCode: { symbols: false },
    // One folder deep, as are the files in lib/ that ask for `__dirname`.
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: {
      // Apart, since the core loads the addon at once, and `gpu-buddy doctor` and `build` are for where it does not load.
      groups: [
        { name: 'addon', test: /\/lib\/addon\/(?!compile|install-text)[\w-]+\.ts$/ },
        { name: 'core', test: /\/lib\/(native\/)?[\w-]+\.ts$/ },
      ],
    },
  },
});
