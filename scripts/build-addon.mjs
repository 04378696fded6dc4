// `npm run build -- native`: builds the addon and its twin for tests by the first of three ways whose tools are here, and
// says which and why. A name chooses one: `npm run build -- native cmake-js`. With --debug it is built without optimisation, by
// node-gyp or cmake-js; with --sanitize it is the twin alone, under sanitizers, by cmake-js.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CommandFailed, isThere, library, packageRoot, run, script, ScriptError } from './run.mjs';

/** @typedef {{ configuration: string, sanitizers: string, compilers: import('../lib/addon/compilers.js').Compilers }} Options */
/**
 * @typedef {object} Way
 * @property {(options: Options) => string} folder of the addon, below build/
 * @property {(options: Options) => Promise<void>} prepare looks for the tools and sets them up
 * @property {(options: Options) => Promise<unknown>} build
 */

const BINARIES = ['gpu_buddy.node', 'gpu_buddy_test.node'];

/** Reports a tool that is missing or can't be used; another way may do without it. */
class Unprepared extends ScriptError {
  /** @param {string} message @param {import('../lib/addon/install-text.js').Tool[]} [tools] to be installed */
  constructor(message, tools = [], output = '') {
    super(message);
    this.tools = tools;
    this.output = output;
  }
}

/** Runs a program of a package that npm has installed. @param {Options} options @param {string[]} command */
function runInstalled({ compilers }, [program, ...args]) {
  const env = { CC: compilers.cc, CXX: compilers.cxx };
  const file = path.join(packageRoot, 'node_modules', program);
  return run([process.execPath, file, ...args], { cwd: packageRoot, env, all: true });
}

/** Sets a way up. Throws Unprepared, with the reason that the program gives. @param {Options} options @param {string[]} command */
async function configure(options, command) {
  await runInstalled(options, command).catch((error) => {
    if (!(error instanceof CommandFailed)) throw error;
    const [, found] =
      /(?:^gyp ERR! stack Error: |^CMake Error.*?:\s+|ERR! OMG )(.+)/m.exec(error.output) ?? [];
    const reason = /^gyp WARN install got an error/m.test(error.output)
      ? "it can't download Node's headers"
      : (found ?? 'it does not say why');
    throw new Unprepared(reason, /Python/.test(reason) ? ['python'] : [], error.output);
  });
}

/** @param {Options} options @param {string[]} command */
async function compile(options, command) {
  await runInstalled(options, command).catch((error) => {
    if (!(error instanceof CommandFailed)) throw error;
    throw new ScriptError(`${error.output}\n${options.compilers.version} failed; C11 and C++20 are needed.`);
  });
}

/** @param {Options} options @param {string} word */
function nodeGyp({ configuration }, word) {
  const debug = configuration === 'Debug' ? ['--debug'] : [];
  return ['node-gyp/bin/node-gyp.js', word, ...debug, '--jobs', 'max'];
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

/** @type {Record<string, Way>} */
const WAYS = {
  'node-gyp': {
    folder: ({ configuration }) => configuration,
    async prepare(options) {
      if (!(await isThere([process.env.MAKE ?? 'make']))) throw new Unprepared('there is no make', ['make']);
      await configure(options, nodeGyp(options, 'configure'));
    },
    build: (options) => compile(options, nodeGyp(options, 'build')),
  },
  'cmake-js': {
    folder: cmakeFolder,
    async prepare(options) {
      if (!(await isThere(['cmake']))) throw new Unprepared('there is no CMake', ['cmake', 'ninja']);
      if (!(await isThere(['ninja'])) && !(await isThere(['make'])))
        throw new Unprepared('there is neither Ninja nor make', ['ninja']);
      const command = cmakeJs(options, 'configure');
      await configure(options, command).catch(() => {
        // Removes what other tools, or another place, may have left.
        rmSync(path.join(packageRoot, 'build', cmakeFolder(options)), { recursive: true, force: true });
        return configure(options, command);
      });
    },
    build: (options) => compile(options, cmakeJs(options, 'build')),
  },
  compilers: {
    folder: () => 'Release',
    async prepare({ configuration }) {
      if (configuration !== 'Release') throw new Unprepared('it makes releases only');
    },
    async build({ compilers }) {
      const { flags, ...toolchain } = library('compilers').toolchainOf(compilers);
      const hasTests = existsSync(path.join(packageRoot, 'test'));
      for (const name of hasTests ? BINARIES : BINARIES.slice(0, 1)) {
        const faults = name.includes('_test') ? ['-DGPU_BUDDY_FAULT_INJECTION'] : [];
        const file = path.join(packageRoot, 'build/Release', name);
        await library('compile').compileAddon(packageRoot, file, {
          ...toolchain,
          flags: [...flags, ...faults],
        });
      }
    },
  },
};

/** Sets up the first way that can be gone. @param {string[]} names @param {Options} options */
async function prepareFirst(names, options) {
  /** @type {{ name: string, error: Unprepared }[]} */
  const failures = [];
  for (const name of names)
    try {
      await WAYS[name].prepare(options);
      return { name, reasons: failures.map((failure) => `${failure.name}: ${failure.error.message}`) };
    } catch (error) {
      if (!(error instanceof Unprepared)) throw error;
      failures.push({ name, error });
    }
  const lines = failures.flatMap(({ name, error }) => [`${name}: ${error.message}`, error.output]);
  const tools = failures.find(({ error }) => error.tools.length > 0)?.error.tools;
  if (tools) lines.push(library('install-text').installText(tools));
  throw new ScriptError(lines.filter(Boolean).join('\n'));
}

await script('build-addon', async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { debug: { type: 'boolean', default: false }, sanitize: { type: 'string', default: '' } },
  });
  const names = Object.keys(WAYS).filter((name) => positionals.length === 0 || positionals.includes(name));
  if (names.length === 0 || positionals.length > 1)
    throw new ScriptError(`there is no way ${positionals.join(' ')}, only ${Object.keys(WAYS).join(', ')}`);
  const { linux } = JSON.parse(readFileSync(path.join(packageRoot, 'native/sources.json'), 'utf8'));
  for (const file of linux)
    if (!existsSync(path.join(packageRoot, file)))
      throw new ScriptError(`${file} is missing: run \`npm run build -- fetch\``);
  const compilers = library('compilers').findCompilers(process.env);
  if ('missing' in compilers)
    throw new ScriptError(
      `there is ${compilers.missing}.\n${library('install-text').installText(['compilers'])}`,
    );
  const sanitizers = values.sanitize;
  const configuration = values.debug ? 'Debug' : sanitizers ? 'RelWithDebInfo' : 'Release';
  const options = { configuration, sanitizers, compilers };

  const { name, reasons } = await prepareFirst(sanitizers ? ['cmake-js'] : names, options);
  const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  console.log(`Building the addon with ${name}${why}`);
  await WAYS[name].build(options);
  if (configuration !== 'Release') return;
  // Leaves only the latest build to be loaded.
  const folder = WAYS[name].folder(options);
  for (const other of Object.values(WAYS).map((way) => way.folder(options)))
    if (other !== folder)
      for (const file of BINARIES)
        rmSync(path.join(packageRoot, 'build', other, file), { recursive: true, force: true });
});
