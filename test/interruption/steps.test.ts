// Every public method is stopped at every statement; nothing is lost, and nothing has two owners.

import { describe, expect, jest, test } from '@jest/globals';
import { soak } from '../support/soak';
import { isSanitized, runSteps } from './run.mjs';

// On a busy machine each part takes minutes.
jest.setTimeout(600_000 * soak);

// Sanitizers make everything ten times slower.
const every = isSanitized ? 10 : 1;
const isBrief = soak === 1;

/** Every step in a soak, a part of them else. */
const share = (part: number) => Math.max(1, Math.ceil((part * every) / soak));

describe('a call that is stopped at any statement leaves at most a list for the collector', () => {
  test('by an error that is thrown there', async () => {
    const { violations, examples, unreached } = await runSteps({ kind: 'throw', every, isBrief });
    expect(examples).toEqual([]);
    expect(violations).toBe(0);
    expect(unreached).toEqual([]);
  });

  test('by an error that is thrown there, and wherever it is handled', async () => {
    const { violations, examples } = await runSteps({ kind: 'throw-on', every: share(6), isBrief });
    expect(examples).toEqual([]);
    expect(violations).toBe(0);
  });

  test('by termination, which nothing can catch', async () => {
    const { violations, examples } = await runSteps({ kind: 'terminate', every: share(4), isBrief });
    expect(examples).toEqual([]);
    expect(violations).toBe(0);
  });
});
