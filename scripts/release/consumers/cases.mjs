// Ways to use the package: the files of a project, and the commands that use it there. Each command's last one has to print what its
// program says when all went well.

import { BUNDLES, EXECUTABLE } from './bundles.mjs';
import { RAN, TWICE, javascriptExample, readmeExamples, typescriptExample } from './example.mjs';

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {Record<string, string>} files
 * @property {string[][]} commands programs of node_modules/.bin, or hosts: node, newest, bun, deno
 * @property {string | RegExp} says
 */

const TEST = `
const { GpuBuddy } = require('gpu-buddy');
test('allocates', () => {
  const buddy = new GpuBuddy({ size: 1 << 20 });
  buddy.allocBlocks(4096).free();
  expect(buddy.avail).toBe(1 << 20);
});
`;
const MODULE_TEST = TEST.replace(/const (.*) = require\((.*)\);/, 'import $1 from $2;');

const TRACE = `
import { parseOperation, TraceReplayer, type TraceOperation } from 'gpu-buddy/trace';
const operation: TraceOperation = parseOperation('init 0x1000 0x1000');
const result: string = new TraceReplayer().execute(operation);
console.log(result);
`;

/**
 * Knows no types but the language's own and, for `console`, those of browsers: the package needs no `@types/node`.
 *
 * @param {Record<string, unknown>} compilerOptions
 */
const tsconfig = (compilerOptions) =>
  JSON.stringify({
    compilerOptions: {
      strict: true,
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
      rootDir: '.',
      ...compilerOptions,
    },
    include: ['*.ts', '*.mts'],
  });

/** @type {readonly Case[]} */
export const CASES = [
  {
    name: 'CommonJS',
    files: { 'main.cjs': javascriptExample('CommonJS') },
    commands: [['node', 'main.cjs']],
    says: RAN,
  },
  {
    name: 'ES module',
    files: { 'main.mjs': javascriptExample('ESNext') },
    commands: [['node', 'main.mjs']],
    says: RAN,
  },
  {
    name: 'TypeScript, node16, without @types/node, to CommonJS and ES module',
    files: {
      'one.ts': typescriptExample(),
      'two.mts': typescriptExample(),
      'three.ts': TRACE,
      'tsconfig.json': tsconfig({ module: 'node16', moduleResolution: 'node16', outDir: 'out' }),
    },
    commands: [
      ['tsc', '-p', '.'],
      ['node', '-e', `require('./out/one.js'); require('./out/three.js'); import('./out/two.mjs')`],
    ],
    says: /the example ran\n0 avail=0x1000[^]*the example ran\n$/,
  },
  {
    name: 'TypeScript, bundler, with @types/node, and esbuild with the package external',
    files: {
      'one.ts': typescriptExample(),
      'three.ts': TRACE,
      'tsconfig.json': tsconfig({
        module: 'esnext',
        moduleResolution: 'bundler',
        noEmit: true,
        lib: ['es2023', 'esnext.disposable'],
        types: ['node'],
      }),
    },
    commands: [
      ['tsc', '-p', '.'],
      ...['cjs', 'esm'].map((format) => [
        ...['esbuild', 'one.ts', '--bundle', '--platform=node', '--target=node20', '--external:gpu-buddy'],
        ...[
          `--format=${format}`,
          `--outfile=out/one.${format === 'cjs' ? 'cjs' : 'mjs'}`,
          '--log-level=warning',
        ],
      ]),
      ['node', '-e', `require('./out/one.cjs'); import('./out/one.mjs')`],
    ],
    says: TWICE,
  },
  {
    name: 'worker_threads, 20 at once, before the main thread',
    files: {
      'main.cjs': `
        const { Worker } = require('node:worker_threads');
        const program = "const { GpuBuddy } = require('gpu-buddy'); new GpuBuddy({ size: 4096 }).allocBlocks(4096)";
        const ends = Array.from({ length: 20 }, () => new Promise((resolve, reject) =>
          new Worker(program, { eval: true }).once('exit', resolve).once('error', reject)));
        Promise.all(ends).then((codes) => {
          const { GpuBuddy } = require('gpu-buddy');
          console.log(codes.every((code) => code === 0), new GpuBuddy({ size: 4096 }).avail);
        });`,
    },
    commands: [['node', 'main.cjs']],
    says: 'true 4096\n',
  },
  {
    name: 'worker_threads alone, that come and go',
    files: {
      'main.cjs': `
        const { Worker } = require('node:worker_threads');
        const program = "const { GpuBuddy } = require('gpu-buddy'); const buddy = new GpuBuddy({ size: 1 << 20 });" +
          "globalThis.kept = buddy.allocBlocks(4096); if (buddy.avail !== (1 << 20) - 4096) throw new Error(String(buddy.avail))";
        const run = () => new Promise((resolve, reject) =>
          new Worker(program, { eval: true }).once('exit', resolve).once('error', reject));
        (async () => {
          let good = 0;
          for (let i = 0; i < 20; i++)
            for (const code of await Promise.all([run(), run()])) good += code === 0;
          console.log(good, 'ended well');
        })();`,
    },
    commands: [['node', 'main.cjs']],
    says: '40 ended well\n',
  },
  {
    name: 'Jest',
    files: { 'some.test.js': TEST, 'other.test.js': TEST },
    commands: [['jest', '--rootDir=.', '--runInBand']],
    says: '',
  },
  {
    name: 'Vitest, forks',
    files: { 'some.test.mjs': MODULE_TEST, 'other.test.mjs': MODULE_TEST },
    commands: [['vitest', 'run', '--globals', '--pool=forks']],
    says: /Tests +2 passed/,
  },
  {
    name: 'Vitest, threads',
    files: { 'some.test.mjs': MODULE_TEST, 'other.test.mjs': MODULE_TEST },
    commands: [['vitest', 'run', '--globals', '--pool=threads']],
    says: /Tests +2 passed/,
  },
  ...BUNDLES,
  EXECUTABLE,
  ...['newest', 'bun', 'deno'].map((host) => ({
    name: `the README's examples as they stand, and as TypeScript: ${host}`,
    files: Object.fromEntries(
      readmeExamples().flatMap((code, i) => ['mjs', 'mts'].map((kind) => [`${i + 1}.${kind}`, code])),
    ),
    commands: readmeExamples().flatMap((_, i) => ['mjs', 'mts'].map((kind) => [host, `${i + 1}.${kind}`])),
    says: RAN,
  })),
];

/** Other package managers, in projects of their own. @type {readonly { name: string, files?: Record<string, string>, commands: (tarball: string) => string[][] }[]} */
export const MANAGERS = [
  {
    name: 'pnpm',
    commands: (tarball) => [
      ['pnpm', 'add', '--silent', tarball],
      ['node', 'main.cjs'],
    ],
  },
  {
    name: 'yarn 1',
    commands: (tarball) => [
      ['yarn1', 'add', '--silent', '--no-lockfile', tarball],
      ['node', 'main.cjs'],
    ],
  },
  {
    name: 'yarn 4, node_modules',
    files: { '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n', 'yarn.lock': '' },
    commands: (tarball) => [
      ['yarn4', 'add', `gpu-buddy@file:${tarball}`],
      ['node', 'main.cjs'],
    ],
  },
  {
    name: "yarn 4, Plug'n'Play",
    files: { '.yarnrc.yml': 'nodeLinker: pnp\nenableTelemetry: false\n', 'yarn.lock': '' },
    commands: (tarball) => [
      ['yarn4', 'add', `gpu-buddy@file:${tarball}`],
      ['yarn4', 'node', 'main.cjs'],
    ],
  },
];
