// The kernel's own tests of the allocator, in the kernel itself.

import { withTempFolder } from '../folders.mjs';
import { boot } from './linux/boot.mjs';

/** @param {import('./linux/kernel.mjs').Kernel} kernel @returns {Promise<string>} KTAP */
export async function kernelKunit({ program }) {
  const log = await withTempFolder((folder) =>
    boot(program, folder, ['kunit.filter_glob=gpu_buddy', 'kunit_shutdown=poweroff']),
  );
  const start = log.indexOf('KTAP version');
  const totals = /^# Totals: pass:(\d+) fail:(\d+).*$/m.exec(log);
  if (start < 0 || !totals) throw new Error(`The kernel ran no tests:\n${log}`);
  return log.slice(start, totals.index + totals[0].length);
}

/**
 * Tells what became of each case, in the kernel and on our stand-ins alike. A run that ended early counts as a failed case.
 * @param {string} ktap
 */
export function testsIn(ktap) {
  const cases = [...ktap.matchAll(/^ {4}(not ok|ok) \d+ (\w+)/gm)];
  const failed = cases.filter(([, outcome]) => outcome === 'not ok').map(([, , name]) => name);
  if (!/^# Totals: |^(not )?ok 1 /m.test(ktap)) failed.push('(it did not run to its end)');
  return { total: Math.max(cases.length, failed.length), failed };
}
