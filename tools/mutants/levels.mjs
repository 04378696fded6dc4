// The levels of tests that a mutant must get past, in the order in which they are run. None changes anything.

import { root } from '../folders.mjs';
import { runLimited } from '../limited.mjs';
import { recordingsIn } from '../traces.mjs';

/** @import { Workspace } from '../workspace.mjs' */
/** @typedef {Awaited<ReturnType<typeof runLimited>>} Verdict a failure, a crash, or no end: something was caught */

/**
 * @typedef {object} Level
 * @property {string} name
 * @property {(workspace: Workspace, seconds: number) => Promise<Verdict>} test in at most so many seconds
 */

/** @param {string[]} folders of recorded traces @returns {Level[]} */
export function levelsOf(folders) {
  return [
    { name: 'kunit', test: ({ build, kunit }, seconds) => runLimited(kunit, { cwd: build, seconds }) },
    {
      name: 'traces',
      async test(workspace, seconds) {
        /** @type {Verdict} */
        let verdict = { failed: false, late: false, output: '' };
        for (const folder of folders) {
          if (verdict.failed) break;
          const traces = recordingsIn(folder).map(({ trace }) => trace);
          const replay = ['dist/cli/main.js', 'replay', '--check', folder, ...traces];
          verdict = await runNode(replay, workspace, seconds);
        }
        return verdict;
      },
    },
    {
      name: 'model',
      test: (workspace, seconds) =>
        runNode(
          ['node_modules/jest/bin/jest.js', '--runInBand', 'test/model/model.test.ts'],
          workspace,
          seconds,
          {
            GPU_BUDDY_MODEL_SHRINK: '0',
          },
        ),
    },
    {
      name: 'native',
      test: ({ build, ctest }, seconds) =>
        runLimited([...ctest, '--stop-on-failure'], { cwd: build, seconds }),
    },
  ];
}

/**
 * Runs a program of the checkout with the workspace's addon.
 * @param {string[]} args
 * @param {Workspace} workspace
 * @param {number} seconds
 * @param {Record<string, string>} [env]
 */
function runNode(args, { addon }, seconds, env = {}) {
  const options = { cwd: root, seconds, env: { GPU_BUDDY_ADDON: addon, ...env } };
  return runLimited([process.execPath, ...args], options);
}
