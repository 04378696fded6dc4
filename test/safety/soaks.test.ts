// The long runs of scripts/soak, cut short.

import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { measured, packageFolder, runFile } from '../support/built-package';

test.each<[string, string, readonly string[], RegExp]>([
  [
    'a hundred thousand lists, half of them dropped, leave nothing behind',
    'lists.mjs',
    ['100000'],
    /avail is whole\n$/,
  ],
  ['twelve workers that come and go leave nothing behind', 'workers.mjs', ['12', '1'], /avail is whole\n$/],
  [
    'pools take no wrong handle, whoever made it up',
    'handles.mjs',
    ['400000'],
    /^40\d{4} thrown, 0 taken, 0 lost, .*\navail is whole\n$/,
  ],
])('%s', async (_, program, args, expected) => {
  const { code, stdout, stderr } = await runFile(
    join(packageFolder, 'scripts/soak', program),
    args,
    measured,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(expected);
});
