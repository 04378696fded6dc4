// The harness finds what is wrong: in libraries that were made wrong on purpose.

import { expect, test } from '@jest/globals';
import { runMemory, runSteps } from './run.mjs';

const ALLOC = 'GpuBuddy.allocBlocks without options';
const FREE = 'AllocatedBlocks.free of one block';

test.each([
  ['leaking', ALLOC, /leaked 16384, 0, 0, 0 bytes/],
  ['locked', ALLOC, /EBUSY/],
  ['confused', ALLOC, /one of another allocator/],
  ['hasty', FREE, /not freed/],
  ['generous', FREE, /two owners/],
  ['forgetful', 'GpuBuddy.from', /leaked 1 allocators/],
])('a %s library is found out', async (toy, only, problem) => {
  const { violations, examples } = await runSteps({ kind: 'throw', toy, only });
  expect(violations).toBeGreaterThan(0);
  expect(examples.flatMap(({ problems }) => problems).join('\n')).toMatch(problem);
});

test('memory that is lost is noticed', async () => {
  const { examples } = await runMemory({ toy: 'forgetful', only: 'GpuBuddy.from', rounds: 90 });
  expect(examples.flatMap(({ problems }) => problems)).toEqual(
    expect.arrayContaining([expect.stringMatching(/has grown by/)]),
  );
});

test('the right library passes', async () => {
  const { interruptions, examples } = await runSteps({ kind: 'throw', toy: 'right', only: ALLOC });
  expect(examples).toEqual([]);
  expect(interruptions).toBe(0);
});

test('a part that ends badly is no success', async () => {
  await expect(runSteps({ kind: 'throw', toy: 'unknown' })).rejects.toThrow('Command failed');
});
