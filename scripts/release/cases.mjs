// Ways to use the package: the files of a project, and the commands that use it there.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../run.mjs';

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {Record<string, string>} files
 * @property {(string | string[])[]} commands words, the first a program of node_modules/.bin or a host: node, newest, bun, deno
 * @property {RegExp} [says] what the last one prints, unless that the example ran
 * @property {boolean} [isBundle] out/ has programs, to be run in a folder with nothing but them and the package's binaries
 */

/** The last line of an example that got to its end. */
export const RAN = /the example ran\s*$/;

/** The examples of the first pages, each an ES module, which is TypeScript as well. */
const EXAMPLES = ['README.md', 'docs/guide/getting-started.md']
  .flatMap((page) => [...readFileSync(path.join(packageRoot, page), 'utf8').matchAll(/^```js\n(.*?)^```/gms)])
  .map(([, code]) => `${code}\nconsole.log('the example ran');\n`);
const [EXAMPLE = ''] = EXAMPLES;

export const COMMONJS = `
const { GpuBuddy } = require('gpu-buddy');
const buddy = new GpuBuddy({ size: 1 << 20 });
buddy.allocBlocks(4096).free();
if (buddy.avail === 1 << 20) console.log('the example ran');
`;
const TEST = `
test('allocates', () => {
  const buddy = new GpuBuddy({ size: 1 << 20 });
  buddy.allocBlocks(4096).free();
  expect(buddy.avail).toBe(1 << 20);
});
`;
const TYPES = `
import { parseOperation, TraceReplayer, type TraceOperation } from 'gpu-buddy/trace';
const operation: TraceOperation = parseOperation('init 0x1000 0x1000');
const result: string = new TraceReplayer().execute(operation);
console.log(result);
`;
/** JavaScript and TypeScript alike: requests wait, and the process ends by itself. */
const QUEUE = `
import { GpuBuddy } from 'gpu-buddy';
import { AllocQueue } from 'gpu-buddy/queue';
const buddy = new GpuBuddy({ size: 4096 });
const queue = new AllocQueue(buddy);
const held = buddy.allocBlocks(4096);
queue.alloc(4096).then(({ size }) => console.log(size === 4096 ? 'the example ran' : size));
held.free();
`;

/** Knows no types but the language's own and, for `console`, those of browsers, unless told. @param {object} compilerOptions */
const tsconfig = (compilerOptions) =>
  JSON.stringify({
    compilerOptions: {
      ...{ strict: true, target: 'es2022', lib: ['es2022', 'dom'], types: [], rootDir: '.' },
      ...compilerOptions,
    },
    include: ['*.ts', '*.mts'],
  });

/** Modules of esbuild's have no `require()`, which the package asks for Node's own modules by. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
const ESBUILD = 'esbuild main.mjs --bundle --platform=node --log-level=warning';
const ROLLUP = 'rollup main.mjs -p node-resolve={preferBuiltins:true} -p commonjs --silent';
/** Uses webpack's API, since its command is a package of its own. */
const WEBPACK = `
const common = { target: 'node', mode: 'none', entry: './main.mjs' };
const path = require('node:path').resolve('out');
const library = { module: true, library: { type: 'module' } };
require(process.argv[2])([
  { ...common, output: { path, filename: 'main.cjs' } },
  { ...common, output: { path, filename: 'main.mjs', ...library }, experiments: { outputModule: true } },
], (error, stats) => {
  if (!error && !stats.hasErrors() && !stats.hasWarnings()) return;
  console.error(error ?? stats.toString('errors-warnings'));
  process.exitCode = 1;
});
`;
const SEA = { main: 'built/main.cjs', output: 'out/program', disableExperimentalSEAWarning: true };

/** @type {readonly Case[]} */
export const CASES = [
  { name: 'CommonJS', files: { 'main.cjs': COMMONJS }, commands: ['node main.cjs'] },
  { name: 'ES module', files: { 'main.mjs': EXAMPLE }, commands: ['node main.mjs'] },
  { name: 'gpu-buddy/queue', files: { 'main.mjs': QUEUE }, commands: ['node main.mjs'] },
  {
    name: 'TypeScript, node16, without @types/node, to CommonJS and ES module',
    files: {
      'one.ts': EXAMPLE,
      'two.mts': EXAMPLE,
      'three.ts': TYPES,
      'four.ts': QUEUE,
      'tsconfig.json': tsconfig({ module: 'node16', moduleResolution: 'node16', outDir: 'out' }),
    },
    commands: ['tsc -p .', ...['three.js', 'one.js', 'two.mjs', 'four.js'].map((name) => `node out/${name}`)],
  },
  {
    name: 'TypeScript, bundler, with @types/node',
    files: {
      'one.ts': EXAMPLE,
      'three.ts': TYPES,
      'four.ts': QUEUE,
      'tsconfig.json': tsconfig({
        ...{ module: 'esnext', moduleResolution: 'bundler', noEmit: true },
        ...{ lib: ['es2023', 'esnext.disposable'], types: ['node'] },
      }),
    },
    commands: ['tsc -p .'],
    says: /^$/,
  },
  {
    name: 'Jest, two files in one process',
    files: Object.fromEntries(
      ['one', 'two'].map((name) => [
        `${name}.test.js`,
        `const { GpuBuddy } = require('gpu-buddy');\n${TEST}`,
      ]),
    ),
    commands: ['jest --rootDir=. --runInBand'],
    says: /^$/,
  },
  {
    name: 'Vitest, two files in threads',
    files: Object.fromEntries(
      ['one', 'two'].map((name) => [`${name}.test.mjs`, `import { GpuBuddy } from 'gpu-buddy';\n${TEST}`]),
    ),
    commands: ['vitest run --globals --pool=threads'],
    says: /Tests +2 passed/,
  },
  {
    name: 'esbuild: a bundle, and one that is a module, with the addon copied',
    files: { 'main.mjs': EXAMPLE },
    commands: [
      `${ESBUILD} --format=cjs --outfile=out/main.cjs`,
      [...`${ESBUILD} --format=esm --outfile=out/main.mjs`.split(' '), `--banner:js=${BANNER}`],
    ],
    isBundle: true,
  },
  {
    name: 'rollup: a bundle, and one that is a module, with the addon copied',
    files: { 'main.mjs': EXAMPLE },
    commands: [`${ROLLUP} --format cjs --file out/main.cjs`, `${ROLLUP} --format es --file out/main.mjs`],
    isBundle: true,
  },
  {
    name: 'webpack: a bundle, and one that is a module, with the addon copied',
    files: { 'main.mjs': EXAMPLE, 'webpack.cjs': WEBPACK },
    commands: ['node webpack.cjs MODULES/webpack'],
    isBundle: true,
  },
  {
    name: 'a single executable, with the addon copied, by the newest Node',
    files: { 'main.mjs': EXAMPLE, 'sea.json': JSON.stringify(SEA), 'out/README': '' },
    commands: [`${ESBUILD} --format=cjs --outfile=built/main.cjs`, 'newest --build-sea sea.json'],
    isBundle: true,
  },
  ...['newest', 'bun', 'deno'].map((host) => ({
    name: `the first pages' examples as they stand, and as TypeScript: ${host}`,
    files: Object.fromEntries(
      EXAMPLES.flatMap((code, i) => ['mjs', 'mts'].map((kind) => [`${i}.${kind}`, code])),
    ),
    commands: EXAMPLES.flatMap((_, i) => ['mjs', 'mts'].map((kind) => `${host} ${i}.${kind}`)),
  })),
];

/** Other package managers, in projects of their own; TARBALL stands for the package. @type {readonly Case[]} */
export const MANAGERS = [
  {
    name: 'pnpm',
    files: { 'main.cjs': COMMONJS },
    commands: ['pnpm add --silent TARBALL', 'node main.cjs'],
  },
  {
    name: "yarn 4, Plug'n'Play",
    files: {
      'main.cjs': COMMONJS,
      '.yarnrc.yml': 'nodeLinker: pnp\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
    commands: ['yarn add gpu-buddy@file:TARBALL', 'yarn node main.cjs'],
  },
];
