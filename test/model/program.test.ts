/** Random programs have all kinds of spaces. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toSpace } from './choices';
import { program } from './program';
import { isRefusedSpace, managed, needsBigint, scaleOf, U64_END, type SpaceRequest } from './space';

const RUNS = 500;
const spaces = fc
  .sample(program, { numRuns: RUNS, seed: 1 })
  .map(({ space, takesBigints }) => ({ ...toSpace(space), takesBigints }));

const UNITS: readonly (readonly [unit: string, has: (chunkSize: bigint) => boolean])[] = [
  ['chunks of 1', (chunkSize) => chunkSize === 1n],
  ['chunks of 256', (chunkSize) => chunkSize === 256n],
  ['chunks that the kernel knows', (chunkSize) => chunkSize >= 4096n],
];

describe.each(UNITS)('many programs have %s', (_, has) => {
  const made = spaces.filter((space) => has(space.chunkSize) && !isRefusedSpace(space));

  test.each([
    { bigint: false, takesBigints: false },
    { bigint: false, takesBigints: true },
    { bigint: true, takesBigints: false },
    { bigint: true, takesBigints: true },
  ])('with $bigint for bigints that come out, and $takesBigints for those that go in', (numbers) => {
    const such = made.filter(
      ({ bigint, takesBigints }) => bigint === numbers.bigint && takesBigints === numbers.takesBigints,
    );
    expect(such.length).toBeGreaterThan(RUNS / 100);
  });
});

const KINDS: readonly (readonly [kind: string, is: (space: SpaceRequest) => boolean])[] = [
  ['that end above 2^64', ({ baseOffset, size }) => baseOffset + size >= U64_END],
  ['that are larger than the kernel can be told', (space) => space.size * scaleOf(space) >= U64_END],
  ['that need bigints and do not ask for them', (space) => !space.bigint && needsBigint(space)],
  ['that ask for bigints without need', (space) => space.bigint && !needsBigint(space)],
  [
    'that end at the last safe number',
    (space) => managed(space).size + space.baseOffset === BigInt(Number.MAX_SAFE_INTEGER),
  ],
];

test.each(KINDS)('there are spaces %s', (_, is) => {
  expect(spaces.filter(is).length).toBeGreaterThan(0);
});
