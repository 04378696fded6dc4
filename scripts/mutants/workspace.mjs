// A copy of the native sources and their tests in a temporary folder, where a mutant can live without harm.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './command.mjs';
import { mutate } from './mutant.mjs';

/** @import { Mutant } from './mutant.mjs' */

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

  /** @param {string} root the repository, of which nothing is changed */
  constructor(root) {
    this.#root = root;
    this.folder = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-mutants-'));
    this.build = path.join(this.folder, 'build');
    for (const name of COPIED)
      cpSync(path.join(root, name), path.join(this.folder, name), { recursive: true });
  }

  /** The addon, as GPU_BUDDY_ADDON takes it. */
  get addon() {
    return path.join(this.build, 'test/addon/gpu_buddy.node');
  }

  /** @param {string[]} command */
  async #step(...command) {
    const { code, output } = await run(command, { cwd: this.folder, seconds: 600 });
    if (code !== 0) throw new Error(`${command.slice(0, 2).join(' ')} failed:\n${output.trimEnd()}`);
  }

  async configure() {
    const ninja = await run(['ninja', '--version'], { cwd: this.folder, seconds: 10 });
    const headers = [require('node-api-headers').include_dir, require('node-addon-api').include_dir];
    await this.#step(
      ...['cmake', '-S', '.', '-B', this.build, '-G', ninja.code === 0 ? 'Ninja' : 'Unix Makefiles'],
      '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
      // Quick to compile, and no guessing what a mutant's undefined behaviour allows.
      ...['-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1', '-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1'],
      `-DADDON_INCLUDES=${headers.map((header) => path.resolve(this.#root, header.replaceAll('"', ''))).join(';')}`,
      '-DKERNEL_VERSION=mutant',
    );
  }

  /** Builds what has changed. */
  async compile() {
    await this.#step('cmake', '--build', this.build, '--parallel', '2');
  }

  /**
   * Builds a mutant, calls back, and puts the original in its place again (which the next build compiles).
   * @template T
   * @param {Mutant} mutant
   * @param {() => Promise<T>} callback
   */
  async with(mutant, callback) {
    const file = path.join(this.folder, mutant.file);
    const original = readFileSync(file, 'utf8');
    writeFileSync(file, mutate(mutant, original));
    try {
      await this.compile();
      return await callback();
    } finally {
      writeFileSync(file, original);
    }
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
