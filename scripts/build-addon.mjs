// What `npm run build:native` runs: builds the addon and its twin for tests by the first of three ways whose tools are here, and
// says which and why. A name chooses one: `npm run build:native -- cmake-js`. With --debug it is built without optimisation, by
// node-gyp or cmake-js; with --sanitize it is the twin alone, under sanitizers, by cmake-js.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from './linux/root.mjs';

/** @import { Compilers } from '../lib/addon/compilers.js' */
/** @import { Tool } from '../lib/addon/install-text.js' */
/** @typedef {{ configuration: string, sanitizers: string, compilers: Compilers }} Options */
/**
 * @typedef {object} Way
 * @property {(options: Options) => string} folder of the addon, below build/
 * @property {(options: Options) => void} prepare looks for the tools and sets them up
 * @property {(options: Options) => void | Promise<void>} build
 */

const require = createRequire(import.meta.url);
const BINARIES = ['gpu_buddy.node', 'gpu_buddy_test.node'];

/** A failure, with all that the tools have said. */
class BuildError extends Error {}

/** A tool that is not here or can't be used, for which another way may do. */
class Unprepared extends BuildError {
  /** @param {string} message @param {Tool[]} tools to be installed @param {string} [output] */
  constructor(message, tools, output = '') {
    super(message);
    this.tools = tools;
    this.output = output;
  }
}

/** A module of lib/, compiled. @param {string} name */
function library(name) {
  const file = path.join(packageRoot, 'dist/addon', `${name}.js`);
  if (!existsSync(file)) throw new BuildError(`dist/addon/${name}.js is missing: run \`npm run build:lib\``);
  return require(file);
}

function checkSources() {
  const { linux } = JSON.parse(readFileSync(path.join(packageRoot, 'native/sources.json'), 'utf8'));
  for (const file of linux)
    if (!existsSync(path.join(packageRoot, file)))
      throw new BuildError(`${file} is missing: run \`npm run fetch\``);
}

/** @param {string[]} command */
function isThere([program, ...args]) {
  return spawnSync(program, [...args, '--version']).status === 0;
}

/** Runs a program of a package that npm has installed. @param {Options} options @param {string[]} command */
function run({ compilers }, [program, ...args]) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [require.resolve(program), ...args], {
    cwd: packageRoot,
    encoding: 'utf8',
    env: { ...process.env, CC: compilers.cc, CXX: compilers.cxx },
    maxBuffer: 1 << 28,
  });
  return { succeeded: status === 0, output: `${stdout}${stderr}${error?.message ?? ''}`.trim() };
}

/** @param {Options} options @param {string[]} command */
function mustRun(options, command) {
  const { succeeded, output } = run(options, command);
  if (!succeeded)
    throw new BuildError(`${output}\n${options.compilers.version} failed; C11 and C++20 are needed.`);
}

/** @param {Options} options @param {string[]} words */
function nodeGyp({ configuration }, ...words) {
  const debug = configuration === 'Debug' ? ['--debug'] : [];
  return ['node-gyp/bin/node-gyp.js', ...words, ...debug, '--jobs', 'max'];
}

/** @param {Options} options */
function cmakeFolder({ configuration, sanitizers }) {
  return `cmake/${sanitizers ? 'sanitized/' : ''}${configuration}`;
}

/** @param {Options} options @param {string} word */
function cmakeJs(options, word) {
  const { configuration, sanitizers } = options;
  return [
    ...['cmake-js/bin/cmake-js', word, '--out', `build/${cmakeFolder(options)}`, '--config', configuration],
    ...(sanitizers ? [`--CDSANITIZE=${sanitizers}`, '--target', 'addon_test'] : []),
    ...['--parallel', String(availableParallelism())],
  ];
}

/** Finds the reason in what node-gyp or CMake say. @param {string} output */
function reasonIn(output) {
  if (/^gyp WARN install got an error/m.test(output)) return "it can't download Node's headers";
  const [, reason] = /(?:^gyp ERR! stack Error: |^CMake Error.*?:\s+|ERR! OMG )(.+)/m.exec(output) ?? [];
  return reason ?? 'it does not say why';
}

/** @type {Record<string, Way>} */
const WAYS = {
  'node-gyp': {
    folder: ({ configuration }) => configuration,
    prepare(options) {
      if (!isThere([process.env.MAKE ?? 'make'])) throw new Unprepared('there is no make', ['make']);
      const { succeeded, output } = run(options, nodeGyp(options, 'configure'));
      const reason = reasonIn(output);
      if (!succeeded) throw new Unprepared(reason, /Python/.test(reason) ? ['python'] : [], output);
    },
    build: (options) => mustRun(options, nodeGyp(options, 'build')),
  },
  'cmake-js': {
    folder: cmakeFolder,
    prepare(options) {
      if (!isThere(['cmake'])) throw new Unprepared('there is no CMake', ['cmake', 'ninja']);
      if (!isThere(['ninja']) && !isThere(['make']))
        throw new Unprepared('there is neither Ninja nor make', ['ninja']);
      const configure = cmakeJs(options, 'configure');
      if (run(options, configure).succeeded) return;
      // Other tools, or another place, may have left something that does not fit.
      rmSync(path.join(packageRoot, 'build', cmakeFolder(options)), { recursive: true, force: true });
      const { succeeded, output } = run(options, configure);
      if (!succeeded) throw new Unprepared(reasonIn(output), [], output);
    },
    build: (options) => mustRun(options, cmakeJs(options, 'build')),
  },
  compilers: {
    folder: () => 'Release',
    prepare({ configuration }) {
      if (configuration !== 'Release') throw new Unprepared('it makes releases only', []);
    },
    async build({ compilers }) {
      const { compileAddon } = library('compile');
      const { flags, ...toolchain } = library('compilers').toolchainOf(compilers);
      const hasTests = existsSync(path.join(packageRoot, 'test'));
      for (const name of hasTests ? BINARIES : BINARIES.slice(0, 1)) {
        const faults = name.includes('_test') ? ['-DGPU_BUDDY_FAULT_INJECTION'] : [];
        const file = path.join(packageRoot, 'build/Release', name);
        await compileAddon(packageRoot, file, { ...toolchain, flags: [...flags, ...faults] });
      }
    },
  },
};

/** Sets up the first way that can be gone. @param {string[]} names @param {Options} options */
function prepareFirst(names, options) {
  /** @type {{ name: string, error: Unprepared }[]} */
  const failures = [];
  for (const name of names)
    try {
      WAYS[name].prepare(options);
      return { name, reasons: failures.map((failure) => `${failure.name}: ${failure.error.message}`) };
    } catch (error) {
      if (!(error instanceof Unprepared)) throw error;
      failures.push({ name, error });
    }
  const lines = failures.flatMap(({ name, error }) => [`${name}: ${error.message}`, error.output]);
  const tools = failures.find(({ error }) => error.tools.length > 0)?.error.tools ?? [];
  throw new BuildError([...lines.filter(Boolean), ...installLines(tools)].join('\n'));
}

/** @param {Tool[]} tools */
function installLines(tools) {
  return tools.length > 0 ? [library('install-text').installText(tools)] : [];
}

/** Only what was built last is to be loaded. @param {string} name @param {Options} options */
function removeOthers(name, options) {
  const folder = WAYS[name].folder(options);
  for (const other of Object.values(WAYS).map((way) => way.folder(options)))
    if (other !== folder)
      for (const file of BINARIES) rmSync(path.join(packageRoot, 'build', other, file), { force: true });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { debug: { type: 'boolean', default: false }, sanitize: { type: 'string', default: '' } },
  });
  const names = Object.keys(WAYS).filter((name) => positionals.length === 0 || positionals.includes(name));
  if (names.length === 0 || positionals.length > 1)
    throw new BuildError(`there is no way ${positionals.join(' ')}, only ${Object.keys(WAYS).join(', ')}`);

  checkSources();
  const { findCompilers } = library('compilers');
  const compilers = findCompilers(process.env);
  if ('missing' in compilers)
    throw new BuildError([`there is ${compilers.missing}.`, ...installLines(['compilers'])].join('\n'));
  const sanitizers = values.sanitize;
  const configuration = values.debug ? 'Debug' : sanitizers ? 'RelWithDebInfo' : 'Release';
  const options = { configuration, sanitizers, compilers };

  const { name, reasons } = prepareFirst(sanitizers ? ['cmake-js'] : names, options);
  const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  console.log(`Building the addon with ${name}${why}`);
  await WAYS[name].build(options);
  if (configuration === 'Release') removeOthers(name, options);
}

try {
  await main();
} catch (error) {
  const { name, message } = /** @type {Error} */ (error);
  const isExpected = error instanceof BuildError || name === 'CompileError' || 'code' in error;
  if (!isExpected) throw error;
  console.error(`build-addon: ${message}`);
  process.exitCode = 1;
}
