// This library, built on another kernel's files in a folder of its own, and what its tests and traces say. The checkout's
// vendor/linux and build/ stay as they are.

import { join } from 'node:path';
import { run } from '../../command.mjs';
import { install } from '../../../scripts/linux/folder.mjs';
import { Manifest } from '../../../scripts/linux/manifest.mjs';
import { packageRoot } from '../../../scripts/linux/root.mjs';
import { CommandFailed, run as runTool } from '../../../scripts/linux/run.mjs';
import { Workspace } from '../../workspace.mjs';
import { OracleError } from '../linux/oracle-error.mjs';
import { testsIn } from '../kunit.mjs';

/** @typedef {import('../kunit.mjs').Tests} Tests */

const REPLAY = 'dist/cli/main.js';
const GENERATE = 'tools/oracle/main.mjs';
/** Longer than any test takes. */
const SECONDS = 1800;

/** That it could not be built is a finding, not a failure of ours. */
export class BuildFailed extends Error {
  name = 'BuildFailed';
}

export class KernelLibrary {
  #workspace;

  /** @param {Workspace} workspace */
  constructor(workspace) {
    this.#workspace = workspace;
  }

  /**
   * @param {import('./sources.mjs').Files} files
   * @param {string} folder what is there is lost
   * @throws BuildFailed with what the compiler says
   */
  static async build(files, folder) {
    const workspace = new Workspace(packageRoot, folder);
    await install(Manifest.read(folder).folder, files);
    try {
      await workspace.configure({ kernelVersion: files.origin.version, optimize: '-O2' });
      await workspace.compile();
    } catch (error) {
      const lines = /** @type {Error} */ (error).message.split('\n');
      const errors = lines.filter((line) => /\berror\b|undefined reference/i.test(line));
      throw new BuildFailed((errors.length > 0 ? errors : lines).slice(0, 10).join('\n'));
    }
    return new KernelLibrary(workspace);
  }

  /** The addon, as GPU_BUDDY_ADDON takes it. */
  get addon() {
    return this.#workspace.addon;
  }

  /** The kernel's own tests, on our stand-ins. @returns {Promise<Tests>} */
  async kunit() {
    const { build, kunit } = this.#workspace;
    const { output } = await run([kunit, '1'], { cwd: build, seconds: SECONDS });
    return testsIn(output);
  }

  /** The tests of native/, which pin what the kernel that it is made for does. @returns {Promise<Tests>} */
  async nativeTests() {
    const { build } = this.#workspace;
    const command = ['ctest', '--test-dir', build, '--parallel', '2', '--no-tests=error'];
    const { output } = await run([...command, '--exclude-regex', '^kunit:'], {
      cwd: build,
      seconds: SECONDS,
    });
    const [, total = '0'] = /tests failed out of (\d+)/.exec(output) ?? [];
    const [, list = ''] = /The following tests FAILED:\n([^]*?)\n(?!\s)/.exec(output) ?? [];
    const failed = [...list.matchAll(/^\s*\d+ - (.*) \(\w[^()]*\)/gm)].map(([, name]) => name);
    return { total: Number(total), failed };
  }

  /**
   * The lines of a trace that aims at what it allocates.
   * @param {import('../generated.mjs').GeneratorRequest} request
   */
  generate({ profile, seed, operations }) {
    const options = ['--profile', profile, '--seed', seed, '--operations', String(operations)];
    return this.#lines([GENERATE, 'generate', ...options]);
  }

  /** Its answers to a trace. @param {string} trace a file */
  answers(trace) {
    return this.#lines([REPLAY, 'replay', trace]);
  }

  /** What a command of ours prints if it uses this library. @param {string[]} command */
  async #lines([program, ...args]) {
    try {
      const command = [process.execPath, join(packageRoot, program), ...args];
      const text = await runTool([command], { env: { GPU_BUDDY_ADDON: this.addon } });
      return text.trimEnd().split('\n');
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      throw new OracleError(`This library, built on that kernel, fails at \`${args[0]}\`: ${error.message}.`);
    }
  }
}
