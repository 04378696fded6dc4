#!/usr/bin/env node
// The oracle: asks a booted kernel what its GPU buddy allocator answers. Chooses the command; each is a file of its own.

import { FetchError } from '../../scripts/linux/fetch-error.mjs';
import { CommandFailed } from '../../scripts/linux/run.mjs';
import { OracleError } from './linux/oracle-error.mjs';

const USAGE = `Usage: node oracle/main.mjs COMMAND [options]

  record DIR    records the kernel's answers to every *.trace and *.trace.gz in DIR, beside them
  check [DIR]   records recorded traces anew, and newly generated ones, and compares
                  DIR                 of the traces (../shared/golden if it is there, else test/golden)
                  --operations N      newly generated ones, 0 for none (1,000,000)
                  --seed TEXT         to generate with (a new one each time)
  bench         times the allocator in the kernel: a table, and JSON on standard output
  kunit         runs the kernel's own tests of it, as KTAP
  generate      writes a trace to standard output
                  --profile NAME, --seed TEXT, --operations N; --list names the profiles;
                  --all DIR writes one of each profile, compressed, into DIR instead
  build         builds the kernel, if need be, and no more
  parity        all of it for another kernel: builds this library on its files, runs the tests, boots it and
                compares, and reports what differs from the kernel that this library is made for
                  --linux DIR         a tree or an archive of Linux 7.3 or newer
                  --operations N      newly generated ones, 0 for none (1,000,000)
                  --seed TEXT         to generate with (a new one each time)

Environment: GPU_BUDDY_LINUX, GPU_BUDDY_ALLOW_UNVERIFIED, XDG_CACHE_HOME; see vendor/README.md and oracle/README.md.`;

const COMMANDS = ['record', 'check', 'bench', 'kunit', 'generate', 'build', 'parity'];

/** @param {string[]} args @returns {Promise<number>} the exit status */
async function main([command = '', ...args]) {
  if (['', '-h', '--help', 'help'].includes(command)) {
    console.log(USAGE);
    return command ? 0 : 2;
  }
  if (!COMMANDS.includes(command)) throw new OracleError(`There is no command ${command}.\n${USAGE}`);
  const { run } = await import(`./commands/${command}.mjs`);
  return run(args);
}

/** The system's own complaints (disk full, no rights) and those of parseArgs read well enough, too. @param {unknown} error */
function isForPeople(error) {
  if (error instanceof OracleError || error instanceof FetchError || error instanceof CommandFailed)
    return true;
  const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
  return /^(E[A-Z]+$|ERR_PARSE_ARGS)/.test(String(code));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!isForPeople(error)) throw error;
  console.error(`oracle: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 2;
}
