// `npm run test:packages`: installs each package of examples/ and packages/ from its lock file, and runs its tests; or those that are
// named. One whose parts can't be had here is skipped, with the reason. Needs what `npm ci` builds, and npm's registry.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { CommandFailed, packageRoot, printTable, run, script, ScriptError } from './run.mjs';
import { countsLine, sumCounts } from './test-report.mjs';

/** Errors of npm that speak of this machine, not of the package: another Node is needed, or no registry is reached. */
const NOT_HERE =
  /^npm error code (EBADENGINE|E(?:NOTFOUND|AI_AGAIN|CONN\w+|TIMEDOUT|NETUNREACH|NOTCACHED)|ERR_SOCKET_TIMEOUT)$/m;

/** Gives the folders of the packages that are named, or of all. @param {string[]} names */
function chosen(names) {
  const all = ['examples', 'packages']
    .flatMap((group) => readdirSync(path.join(packageRoot, group)).map((name) => path.join(group, name)))
    .filter((folder) => existsSync(path.join(packageRoot, folder, 'package.json')));
  const unknown = names.find((name) => !all.some((folder) => path.basename(folder) === name));
  if (unknown)
    throw new ScriptError(
      `there is no package ${unknown}, only ${all.map((folder) => path.basename(folder)).join(', ')}`,
    );
  return names.length > 0 ? all.filter((folder) => names.includes(path.basename(folder))) : all;
}

/** Installs a package's own packages. Where this machine can't, tells why. @param {string} cwd */
async function install(cwd) {
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
 * Reads what Node's test runner prints, which the packages use: how many tests passed, failed and were skipped, and why one was skipped.
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

/** Installs and tests a package. @param {string} folder */
async function runPackage(folder) {
  console.log(`\n── ${folder}`);
  const name = path.basename(folder);
  const cwd = path.join(packageRoot, folder);
  try {
    const reason = await install(cwd);
    if (!reason) return { name, ...(await test(cwd)) };
    console.log(`Skipped: ${reason}`);
    return { name, note: reason, counts: { passed: 0, failed: 0, skipped: 1 } };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.error(error.stderr);
    return { name, note: 'npm ci failed', counts: { passed: 0, failed: 1, skipped: 0 } };
  }
}

await script('test:packages', async () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  if (!existsSync(path.join(packageRoot, 'dist/index.js')))
    throw new ScriptError('nothing is built: run `npm ci`');
  const results = [];
  for (const folder of chosen(positionals)) results.push(await runPackage(folder));

  const total = sumCounts(results.map(({ counts }) => counts));
  console.log();
  printTable(results.map(({ name, note, counts }) => [name, countsLine(counts), note]));
  console.log(`\n${countsLine(total)}`);
  if (total.failed > 0) process.exitCode = 1;
});
