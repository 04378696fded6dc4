/** A second opinion: random programs of calls, on the library and on a model of its contract. See check.ts for more of them. */
import { test } from '@jest/globals';
import { GpuBuddy } from 'gpu-buddy';
import { BatchSubject } from './batch-subject';
import { findDisagreement, optionsFromEnvironment } from './check';
import { PoolSubject } from './pool-subject';
import type { MakeSubject } from './subject';

const PATIENCE = 2 ** 31 - 1;
const options = optionsFromEnvironment();

test.each<[string, MakeSubject]>([
  ['lists', (given) => new GpuBuddy(given)],
  ['pools', (given) => new PoolSubject(given)],
  ['batches', (given) => new BatchSubject(given)],
])(
  `the library and the model agree on ${options.runs} programs, by %s`,
  (_, make) => {
    const found = findDisagreement(make, options);
    if (found !== undefined) throw new Error(found);
  },
  PATIENCE,
);
