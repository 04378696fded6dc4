// The levels of tests that a mutant must get past. Each says whether it has caught something: by a failure, a crash, or no
// end. None changes anything.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from '../command.mjs';

/** @import { Workspace } from '../workspace.mjs' */

/** @typedef {{ caught: boolean, late: boolean, output: string }} Verdict */

/**
 * @typedef {object} Level
 * @property {string} name
 * @property {(workspace: Workspace, seconds: number) => Promise<Verdict>} test in at most so many seconds
 */

/** @param {Parameters<typeof run>} args @returns {Promise<Verdict>} */
async function verdictOf(...args) {
  const { code, late, output } = await run(...args);
  return { caught: code !== 0, late, output };
}

/** Folders of recorded traces: those of the repository, and the archive that may lie beside it. */
export class Traces {
  /** @type {string | undefined} */
  #unpacked;
  /** @type {{ folder: string, traces: string[] }[]} */
  sets;

  /** @param {string} root */
  constructor(root) {
    const folders = ['examples/traces', 'test/golden'].map((name) => path.join(root, name));
    const archive = path.join(root, '../shared/golden/golden-7.3.4.tar.xz');
    if (existsSync(archive)) {
      this.#unpacked = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-golden-'));
      execFileSync('tar', ['-xJf', archive, '-C', this.#unpacked, '--strip-components=1']);
      folders.push(this.#unpacked);
    }
    this.sets = folders
      .filter((folder) => existsSync(folder))
      .map((folder) => ({
        folder,
        traces: readdirSync(folder)
          .filter((name) => /\.trace(\.gz|\.br)?$/.test(name))
          .map((name) => path.join(folder, name)),
      }))
      .filter(({ traces }) => traces.length > 0);
  }

  remove() {
    if (this.#unpacked) rmSync(this.#unpacked, { recursive: true });
  }
}

/** In the order in which they are run. @param {string} root @param {Traces} traces @returns {Level[]} */
export function levelsOf(root, traces) {
  /** @param {Workspace} workspace */
  const addonOf = ({ addon }) => ({ GPU_BUDDY_ADDON: addon });
  return [
    {
      name: 'kunit',
      test: ({ build, kunit }, seconds) => verdictOf([kunit, '1'], { cwd: build, seconds }),
    },
    {
      name: 'traces',
      test: async (workspace, seconds) => {
        let verdict = { caught: false, late: false, output: '' };
        for (const { folder, traces: files } of traces.sets) {
          if (verdict.caught) break;
          verdict = await verdictOf(
            [process.execPath, 'dist/cli/main.js', 'replay', '--check', folder, ...files],
            { cwd: root, seconds, environment: addonOf(workspace) },
          );
        }
        return verdict;
      },
    },
    {
      name: 'model',
      test: (workspace, seconds) =>
        verdictOf(
          [process.execPath, 'node_modules/jest/bin/jest.js', '--runInBand', 'test/model/model.test.ts'],
          {
            cwd: root,
            seconds,
            environment: { ...addonOf(workspace), GPU_BUDDY_MODEL_SHRINK: '0' },
          },
        ),
    },
    {
      name: 'native',
      test: ({ build }, seconds) =>
        verdictOf(
          [
            ...['ctest', '--test-dir', build, '--stop-on-failure', '--no-tests=error'],
            ...['--exclude-regex', '^kunit:'],
          ],
          { cwd: build, seconds },
        ),
    },
  ];
}
