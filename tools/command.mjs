// Runs other programs, with an end to everything: what takes too long, or too much memory, is stopped with all it has started.
import { spawn } from 'node:child_process';

/** Address space of a program, in KiB: more than any test needs, less than would disturb the machine. */
const MOST_MEMORY = 8 << 20;

/** @typedef {{ code: number | null, late: boolean, output: string }} Outcome */

/**
 * @param {string[]} command
 * @param {{ cwd: string, seconds: number, environment?: Record<string, string> }} options
 * @returns {Promise<Outcome>}
 */
export function run(command, { cwd, seconds, environment = {} }) {
  return new Promise((resolve, reject) => {
    // A group of its own, so that the programs that it starts end with it. Those that leave the group spend their own time.
    const child = spawn(
      'sh',
      ['-c', `ulimit -v ${MOST_MEMORY}; ulimit -t ${Math.ceil(seconds)}; exec "$@"`, 'sh', ...command],
      {
        cwd,
        detached: true,
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    let late = false;
    const stop = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    };
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, seconds * 1000);
    process.once('exit', stop);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      process.off('exit', stop);
      resolve({ code, late, output });
    });
  });
}
