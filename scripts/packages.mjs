// Packages of this repository with a lock file of their own, which are not installed with it: examples/ and packages/.
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { CommandFailed, packageRoot, run } from './run.mjs';

/** Errors of npm that speak of this machine, not of the package: another Node is needed, or no registry is reached. */
const NOT_HERE =
  /^npm error code (EBADENGINE|E(?:NOTFOUND|AI_AGAIN|CONN\w+|TIMEDOUT|NETUNREACH|NOTCACHED)|ERR_SOCKET_TIMEOUT)$/m;

/** Installs a package's packages. Where this machine can't, tells why. @param {string} cwd */
export async function installPackage(cwd) {
  try {
    await run(['npm', 'ci', '--engine-strict', '--fetch-retries=1', '--prefer-offline', '--loglevel=error'], {
      cwd,
    });
    return undefined;
  } catch (error) {
    const code = error instanceof CommandFailed && NOT_HERE.exec(error.stderr)?.[1];
    if (!code) throw error;
    return code === 'EBADENGINE'
      ? `needs another Node than ${process.version}`
      : `npm reaches no registry: ${code}`;
  }
}

/**
 * Reads what Node's test runner prints, which these packages use: how many tests passed, failed and were skipped, and why one was skipped.
 * @param {string} output
 * @param {boolean} hasSucceeded
 */
function resultOf(output, hasSucceeded) {
  const count = (/** @type {string} */ word) =>
    Number(new RegExp(`^[#ℹ] ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const failed = Math.max(count('fail'), hasSucceeded ? 0 : 1);
  const note = /^ *(?:ok \d+ - .* # SKIP|﹣ .* #) (.+)$/m.exec(output)?.[1] ?? '';
  return { counts: { passed: count('pass'), failed, skipped: count('skipped') }, note };
}

/** Runs a package's tests, and shows what they print. @param {string} cwd */
async function test(cwd) {
  const { failed, all } = await execa('npm', ['test', '--silent'], {
    cwd,
    stdin: 'ignore',
    stdout: ['inherit', 'pipe'],
    stderr: ['inherit', 'pipe'],
    all: true,
    reject: false,
  });
  return resultOf(stripVTControlCharacters(all), !failed);
}

/** Installs and tests a package. @param {string} folder its place in the repository */
export async function testPackage(folder) {
  console.log(`\n── ${folder}`);
  const name = path.basename(folder);
  const cwd = path.join(packageRoot, folder);
  try {
    const reason = await installPackage(cwd);
    if (!reason) return { name, ...(await test(cwd)) };
    console.log(`Skipped: ${reason}`);
    return { name, note: reason, counts: { passed: 0, failed: 0, skipped: 1 } };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.error(error.stderr);
    return { name, note: 'npm ci failed', counts: { passed: 0, failed: 1, skipped: 0 } };
  }
}
