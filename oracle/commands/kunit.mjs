// `oracle kunit`: the kernel's own tests of the allocator, in the kernel itself.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withTempFolder } from '../../scripts/linux/temp.mjs';
import { boot } from '../linux/boot.mjs';
import { readyKernel } from '../linux/kernel.mjs';
import { OracleError } from '../linux/oracle-error.mjs';

/** @param {string[]} args */
export async function run(args) {
  parseArgs({ args, options: {} });
  const { program } = await readyKernel();
  const log = await withTempFolder(join(tmpdir(), 'gpu-buddy-kunit-'), (folder) =>
    boot(program, folder, ['kunit.filter_glob=gpu_buddy', 'kunit_shutdown=poweroff']),
  );
  const start = log.indexOf('KTAP version');
  const totals = /^# Totals: pass:(\d+) fail:(\d+).*$/m.exec(log);
  if (start < 0 || !totals) throw new OracleError(`The kernel ran no tests:\n${log}`);
  console.log(log.slice(start, totals.index + totals[0].length));
  return totals[1] !== '0' && totals[2] === '0' ? 0 : 1;
}
