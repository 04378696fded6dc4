// Puts a few files in place of the many that tsc has compiled: each takes its time to be found, read and compiled, and
// `require('gpu-buddy')` needs twenty of them. The types stay as tsc has written them.
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';
import { packageRoot } from './run.mjs';

const dist = path.join(packageRoot, 'dist');

/** Files that are loaded by their names: by users; by scripts; by tests. */
const ENTRIES = [
  ...['index', 'trace/index', 'queue/index', 'metrics/index', 'draw/index', 'inspect/index'],
  ...['cli/main', 'cli/run', 'cli/kernel-child', 'trace/fit-worker'],
  ...['addon/places', 'addon/compile', 'addon/compilers', 'addon/install-text'],
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
    // Written as tsc writes it.
    format: 'cjs',
    strict: true,
    exports: 'named',
    esModule: true,
    generatedCode: { symbols: false },
    // One folder deep, as are the files in lib/ that ask for `__dirname`.
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: {
      // Separate chunks: the core loads the addon at once, but `gpu-buddy doctor` and `build` must run without it.
      groups: [
        { name: 'addon', test: /\/lib\/addon\/(?!compile|install-text)[\w-]+\.ts$/ },
        { name: 'core', test: /\/lib\/(native\/)?[\w-]+\.ts$/ },
      ],
    },
  },
});

// The script of the pages that `gpu-buddy report` writes.
await build({
  cwd: packageRoot,
  input: 'lib/draw/page/main.ts',
  platform: 'browser',
  tsconfig: 'lib/draw/page/tsconfig.json',
  transform: { target: 'es2022' },
  logLevel: 'warn',
  output: { file: path.join(dist, 'draw/report-page.js'), format: 'iife', minify: true },
});
