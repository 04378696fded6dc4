// Bundles of a program and the package, by several bundlers, and the single executable that Node makes of one. They run in a folder
// that has nothing but them and the package's binaries.

import { RAN, TWICE, typescriptExample } from './example.mjs';

/** Runs all that is in out/ somewhere else. */
const AWAY = `
const { execFileSync } = require('node:child_process');
const { cpSync, mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');

const away = mkdtempSync(join(tmpdir(), 'gpu-buddy-away-'));
try {
  const programs = readdirSync('out').map((name) => join(away, name));
  cpSync('out', away, { recursive: true });
  const folder = dirname(require.resolve('gpu-buddy/package.json'));
  cpSync(join(folder, 'prebuilds'), join(away, 'prebuilds'), { recursive: true });
  for (const program of programs) {
    const command = /js$/.test(program) ? [process.execPath, program] : [program];
    process.stdout.write(execFileSync(command[0], command.slice(1), { cwd: '/', encoding: 'utf8' }));
  }
} finally {
  rmSync(away, { recursive: true });
}
`;

const RUN_AWAY = ['node', 'away.cjs'];
/** Modules of esbuild's have no \`require()\`, which the package asks for Node's own modules by. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** @param {string} format @param {string} output @param {string[]} more */
const esbuild = (format, output, ...more) => [
  ...['esbuild', 'main.mjs', '--bundle', '--platform=node', '--log-level=warning'],
  ...[`--format=${format}`, `--outfile=${output}`, ...more],
];
/** @param {string} format @param {string} output */
const rollup = (format, output) => [
  ...['rollup', 'main.mjs', '-p', 'node-resolve={preferBuiltins:true}', '-p', 'commonjs', '--silent'],
  ...['--format', format, '--file', output],
];
/** Uses webpack's API, whose folder is the argument: its command is a package of its own. */
const WEBPACK = `
const webpack = require(process.argv[2]);
const common = { target: 'node', mode: 'none', entry: './main.mjs' };
const path = require('node:path').resolve('out');
const asModule = { module: true, library: { type: 'module' } };
webpack([
  { ...common, output: { path, filename: 'main.cjs' } },
  { ...common, output: { path, filename: 'main.mjs', ...asModule }, experiments: { outputModule: true } },
], (error, stats) => {
  if (!error && !stats.hasErrors() && !stats.hasWarnings()) return;
  console.error(error ?? stats.toString('errors-warnings'));
  process.exitCode = 1;
});
`;

const FILES = { 'main.mjs': typescriptExample(), 'away.cjs': AWAY, 'webpack.cjs': WEBPACK };

/** @type {readonly import('./cases.mjs').Case[]} */
export const BUNDLES = [
  {
    name: 'esbuild',
    commands: [esbuild('cjs', 'out/main.cjs'), esbuild('esm', 'out/main.mjs', `--banner:js=${BANNER}`)],
  },
  { name: 'rollup', commands: [rollup('cjs', 'out/main.cjs'), rollup('es', 'out/main.mjs')] },
  { name: 'webpack', commands: [['node', 'webpack.cjs', 'MODULES/webpack']] },
].map(({ name, commands }) => ({
  name: `${name}: a bundle, and one that is a module, with the addon copied`,
  files: FILES,
  commands: [...commands, RUN_AWAY],
  says: TWICE,
}));

/** Needs a Node of 25.5 or newer as `newest`. @type {import('./cases.mjs').Case} */
export const EXECUTABLE = {
  name: 'a single executable, with the addon copied, by the newest Node',
  files: {
    ...FILES,
    'sea.json': JSON.stringify({
      main: 'built/main.cjs',
      output: 'out/program',
      disableExperimentalSEAWarning: true,
    }),
  },
  commands: [
    esbuild('cjs', 'built/main.cjs'),
    ['node', '-e', "fs.mkdirSync('out')"],
    ['newest', '--build-sea', 'sea.json'],
    RUN_AWAY,
  ],
  says: `${RAN}\n`,
};
