/** The kernel itself, booted: see tools/oracle/README.md. Its states are ours. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Our names for its states. */
const IDS = {
  empty: () => 'empty',
  packed: (live) => `packed-${live}`,
  checkerboard: (live) => `same-place-${live}`,
  churn: (live) => `churn-${live}`,
};

export async function measureKernel() {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const json = execFileSync('npm', ['run', '--silent', 'oracle', '--', 'bench'], { cwd, encoding: 'utf8' });
  const { kernel, states } = JSON.parse(json);
  return {
    kernel,
    states: states.map(({ state, live, median, lowest, highest, rounds }) => ({
      id: IDS[state](live),
      time: { median, lowest, highest, rounds },
    })),
  };
}

/**
 * @param {Awaited<ReturnType<typeof measureKernel>>} measured
 * @param {Awaited<ReturnType<typeof import('./states.mjs').measureStates>>} ours
 * @returns {[string[], string[][]]}
 */
export function kernelRows({ kernel, states }, ours) {
  return [
    [`ns a pair: ${kernel}`, 'median', 'lowest', 'highest', 'C here', 'api'],
    states.map(({ id, time }) => {
      const here = ours.find((state) => state.id === id);
      return [
        here?.name ?? id,
        ...[time.median, time.lowest, time.highest].map((value) => value.toFixed(0)),
        ...['c', 'api'].map((way) => here?.ways[way].time.median.toFixed(0) ?? '-'),
      ];
    }),
  ];
}
