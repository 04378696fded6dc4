/** A second opinion: random programs of calls, on the library and on a model of its contract. See check.ts for more of them. */
import { test } from '@jest/globals';
import { GpuBuddy } from 'gpu-buddy';
import { findDisagreement, optionsFromEnvironment } from './check';

const PATIENCE = 2 ** 31 - 1;
const options = optionsFromEnvironment();

test(
  `the library and the model agree on ${options.runs} programs`,
  () => {
    const found = findDisagreement((given) => new GpuBuddy(given), options);
    if (found !== undefined) throw new Error(found);
  },
  PATIENCE,
);
