// A copy of the native sources and their tests in a folder of its own, where a mutant or another kernel's files can be built
// without harm.

import { execa } from 'execa';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { root } from './folders.mjs';

const require = createRequire(import.meta.url);

/** The files that the build reads. */
const COPIED = ['CMakeLists.txt', 'native', 'vendor', 'test'];

export class Workspace {
  /** @param {string} folder what is there is lost */
  constructor(folder) {
    rmSync(folder, { recursive: true, force: true });
    for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
    this.folder = folder;
    this.build = join(folder, 'build');
    /** The addon, as GPU_BUDDY_ADDON takes it. */
    this.addon = join(this.build, 'native/node/gpu_buddy_test.node');
    /** The command that runs the kernel's own tests. */
    this.kunit = [join(this.build, 'test/kunit/kunit'), '1'];
    /** The command that runs all other native tests. */
    this.ctest = ['ctest', '--test-dir', this.build, '--no-tests=error', '--exclude-regex', '^kunit:'];
  }

  /** @param {string} kernelVersion @param {string} optimize for the compiler, such as -O1 */
  async configure(kernelVersion, optimize) {
    const headers = ['node-api-headers', 'node-addon-api'].map((name) => require(name).include_dir);
    // The digest that lib/ expects, whatever the copy becomes.
    const { stdout: protocol } = await execa(process.execPath, [join(root, 'scripts/protocol.mjs')]);
    await this.#cmake(
      ...['-S', '.', '-B', this.build, '-DCMAKE_BUILD_TYPE=RelWithDebInfo'],
      ...['C', 'CXX'].map((language) => `-DCMAKE_${language}_FLAGS_RELWITHDEBINFO=${optimize}`),
      `-DCMAKE_JS_INC=${headers.map((header) => resolve(header.replaceAll('"', ''))).join(';')}`,
      `-DKERNEL_VERSION=${kernelVersion}`,
      `-DPROTOCOL=${protocol}`,
    );
  }

  /** Builds what has changed. */
  async compile() {
    await this.#cmake('--build', this.build, '--parallel', '2', '--target', 'all', 'addon_test');
  }

  /** @param {string[]} args @throws {Error} with all that it says */
  async #cmake(...args) {
    const { failed, all } = await execa('cmake', args, { cwd: this.folder, all: true, reject: false });
    if (failed) throw new Error(`cmake failed:\n${all}`);
  }
}
