// The built package is stopped at random moments, as programs are: nothing is lost, and nothing has two owners.

import { expect, jest, test } from '@jest/globals';
import { soak } from '../support/soak';
import { isSanitized, randomParts, runMemory, runRandom } from './run.mjs';

jest.setTimeout(600_000 * soak);

const share = (isSanitized ? 10 : 1) / soak;
const counts = { overflow: 2000, timeouts: 100, workers: 5, sigint: 20 };

test.each(randomParts)('%s leave at most lists for the collector', async (part) => {
  const count = Math.ceil(counts[part] / share);
  const { interruptions, violations, examples } = await runRandom(part, { count, seed: 1 });
  expect(examples).toEqual([]);
  expect(violations).toBe(0);
  expect(interruptions).toBeGreaterThanOrEqual(count);
});

// A sanitizer holds on to what is freed.
if (soak > 1 && !isSanitized)
  test('allocators that are lost leave no memory behind', async () => {
    const { violations, examples } = await runMemory({ rounds: 60 });
    expect(examples).toEqual([]);
    expect(violations).toBe(0);
  });
