// Which tools and headers building a kernel needs, and in which Debian packages they are.

import { spawnSync } from 'node:child_process';
import { OracleError } from './oracle-error.mjs';

const TOOLS = {
  gcc: 'gcc',
  make: 'make',
  ld: 'binutils',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
  tar: 'tar',
  xz: 'xz-utils',
};
const HEADERS = { 'gelf.h': 'libelf-dev', 'openssl/evp.h': 'libssl-dev', 'stdio.h': 'libc6-dev' };

/**
 * @param {(command: string[], input?: string) => boolean} succeeds whether a command does; for tests
 * @throws OracleError that names the packages
 */
export function requireTools(succeeds = runs) {
  const packages = [
    ...Object.entries(TOOLS).filter(([tool]) => !succeeds([tool, '--version'])),
    ...Object.entries(HEADERS).filter(
      ([header]) => !succeeds(['gcc', '-E', '-x', 'c', '-', '-o', '/dev/null'], `#include <${header}>\n`),
    ),
  ].map(([, name]) => name);
  if (packages.length === 0) return;
  throw new OracleError(
    `To build the kernel, these packages are missing: apt-get install ${packages.join(' ')}`,
  );
}

/** @param {string[]} command @param {string} [input] */
function runs([program, ...args], input = '') {
  return spawnSync(program, args, { input, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
}
