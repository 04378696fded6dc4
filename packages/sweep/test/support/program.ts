/** Runs the program as a user does. */
import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';

/** The file of the program. */
export const program = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** Starts the program. Its promise does not reject: tests look at the exit status. */
export function start(args: readonly string[], options: Options = {}) {
  return execa(process.execPath, [program, ...args], {
    ...options,
    reject: false,
    stdin: 'ignore',
    encoding: 'utf8',
  });
}

/** Runs the program to its end. */
export async function run(
  ...args: readonly string[]
): Promise<{ status: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await start(args);
  return { status: exitCode, stdout: String(stdout), stderr: String(stderr) };
}
