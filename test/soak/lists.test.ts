// Lists of blocks come and go by the hundred thousand, and the process does not grow.
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { measured, packageFile, runFile } from '../support/built-package';
import { soak } from '../support/soak';

test(
  'a hundred thousand lists, half of them dropped, leave nothing behind',
  async () => {
    const program = join(__dirname, 'lists.cjs');
    const { code, answer } = await runFile(program, [packageFile, String(100_000 * soak)], measured);
    expect(code).toBe(0);
    const { growth, missing } = answer as { growth: number; missing: number };
    expect(missing).toBe(0);
    expect(growth).toBeLessThan(50e6);
  },
  60_000 * soak,
);
