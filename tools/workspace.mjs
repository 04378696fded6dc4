// A copy of the native sources and their tests in a folder of its own, where a mutant or another kernel's files can be built
// without harm.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { run } from './command.mjs';
import { protocolDigest } from '../scripts/protocol.mjs';

const require = createRequire(import.meta.url);

/** What the build reads. */
const COPIED = ['CMakeLists.txt', 'native', 'vendor', 'test'];

export class Workspace {
  /** @type {string} */
  #root;
  /** @type {string} */
  folder;
  /** @type {string} */
  build;

  /**
   * @param {string} root the repository, of which nothing is changed
   * @param {string} folder what is there is lost
   */
  constructor(root, folder) {
    this.#root = root;
    this.folder = folder;
    this.build = path.join(folder, 'build');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of COPIED)
      cpSync(path.join(root, name), path.join(this.folder, name), { recursive: true });
  }

  /** The addon, as GPU_BUDDY_ADDON takes it. */
  get addon() {
    return path.join(this.build, 'native/node/gpu_buddy_test.node');
  }

  /** The program that runs the kernel's own tests. */
  get kunit() {
    return path.join(this.build, 'test/kunit/kunit');
  }

  /** @param {string[]} command */
  async #step(...command) {
    const { code, output } = await run(command, { cwd: this.folder, seconds: 600 });
    if (code !== 0) throw new Error(`${command.slice(0, 2).join(' ')} failed:\n${output.trimEnd()}`);
  }

  /** @param {{ kernelVersion: string, optimize: string }} options the latter for the compiler, such as -O1 */
  async configure({ kernelVersion, optimize }) {
    const ninja = await run(['ninja', '--version'], { cwd: this.folder, seconds: 10 });
    const headers = [require('node-api-headers').include_dir, require('node-addon-api').include_dir];
    await this.#step(
      ...['cmake', '-S', '.', '-B', this.build, '-G', ninja.code === 0 ? 'Ninja' : 'Unix Makefiles'],
      '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
      ...['C', 'CXX'].map((language) => `-DCMAKE_${language}_FLAGS_RELWITHDEBINFO=${optimize}`),
      `-DCMAKE_JS_INC=${headers.map((header) => path.resolve(this.#root, header.replaceAll('"', ''))).join(';')}`,
      `-DKERNEL_VERSION=${kernelVersion}`,
      // The one that lib/ expects, whatever the copy becomes.
      `-DPROTOCOL=${protocolDigest(this.#root)}`,
    );
  }

  /** Builds what has changed. */
  async compile() {
    await this.#step('cmake', '--build', this.build, '--parallel', '2', '--target', 'all', 'addon_test');
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
