/**
 * Random programs: a space, and steps that are made out as calls when they are run, since what a call may sensibly ask for
 * depends on what is there. All choices are small numbers, so that fast-check can shrink them.
 */
import fc from 'fast-check';

/** One of several ways to come to a number, and a number to do it with. */
export interface Choice {
  readonly way: number;
  readonly number: number;
}

export interface SpaceChoice {
  readonly chunks: Choice;
  /** The chunk size is 2^this. */
  readonly chunkShift: number;
  /** Bytes behind the last whole chunk. */
  readonly rest: number;
  readonly base: Choice;
  /** When to ask for bigints. 'never' is refused where the space needs them. */
  readonly bigint: 'where needed' | 'always' | 'never';
}

/** A part of the space that a question is about. */
export interface SpanChoice {
  readonly start: Choice;
  readonly end: Choice;
  /** Bytes that the ends are off from chunks. */
  readonly startOff: number;
  readonly endOff: number;
  /** Replaces an end by nonsense now and then. */
  readonly spoil: Choice;
}

export type Step =
  | {
      readonly call: 'alloc';
      readonly size: Choice;
      readonly min: Choice;
      readonly mode: Choice;
      readonly start: Choice;
      readonly end: Choice;
      readonly contiguous: boolean;
      readonly clear: boolean;
      readonly trimDisable: boolean;
      readonly tag: number;
      readonly throws: boolean;
      /** One of the accounts, or none. */
      readonly account: Choice;
      /** Makes one argument in many nonsense. */
      readonly spoil: Choice;
    }
  | { readonly call: 'free'; readonly list: number; readonly cleared: boolean }
  | { readonly call: 'freeBlock'; readonly list: number; readonly index: number; readonly cleared: boolean }
  | {
      readonly call: 'trim';
      readonly list: number;
      readonly size: number;
      readonly start: Choice;
      readonly spoil: Choice;
    }
  | { readonly call: 'extend'; readonly list: number; readonly size: Choice; readonly spoil: Choice }
  | { readonly call: 'append'; readonly list: number; readonly other: number }
  | {
      readonly call: 'claim';
      readonly places: readonly Choice[];
      readonly tag: number;
      readonly clear: boolean | undefined;
      readonly account: Choice;
    }
  | { readonly call: 'account'; readonly limit: Choice; readonly reserved: Choice }
  | {
      readonly call: 'updateAccount';
      readonly opening: number;
      readonly limit: Choice;
      readonly reserved: Choice;
    }
  | { readonly call: 'reopenAccount'; readonly account: number }
  | { readonly call: 'disposeAccount'; readonly opening: number }
  | { readonly call: 'resetClear'; readonly clear: boolean }
  | { readonly call: 'blockAt'; readonly address: Choice }
  | {
      readonly call: 'findFree';
      readonly size: Choice;
      readonly alignment: Choice;
      readonly isRanged: boolean;
      readonly span: SpanChoice;
      readonly spoil: Choice;
    }
  | { readonly call: 'availIn'; readonly span: SpanChoice }
  | { readonly call: 'sizeIn'; readonly list: number; readonly span: SpanChoice }
  | { readonly call: 'print' };

export interface Program {
  readonly space: SpaceChoice;
  /** True if the allocator gets bigints even where numbers would do. */
  readonly takesBigints: boolean;
  readonly steps: readonly Step[];
  /** True if the allocator is disposed of before its lists are freed. */
  readonly disposeFirst: boolean;
}

const choice = (ways: number, most: number): fc.Arbitrary<Choice> =>
  fc.record({ way: fc.nat(ways - 1), number: fc.nat(most) });

/** Mostly nothing. */
const seldom = (ways: number): fc.Arbitrary<Choice> =>
  fc.oneof(
    { weight: 15, arbitrary: fc.constant<Choice>({ way: 0, number: 0 }) },
    { weight: 1, arbitrary: choice(ways, 255) },
  );

const space: fc.Arbitrary<SpaceChoice> = fc.record({
  chunks: choice(9, 255),
  // Three units: chunks that the kernel knows, chunks of 1 and of 256 bytes; and a few others.
  chunkShift: fc.oneof(
    { withCrossShrink: true },
    fc.constant(12),
    fc.constant(0),
    fc.constant(8),
    fc.integer({ min: 12, max: 21 }),
    fc.integer({ min: 12, max: 52 }),
    fc.nat(11),
  ),
  rest: fc.oneof(fc.constant(0), fc.nat(4095)),
  base: choice(7, 255),
  bigint: fc.oneof(
    { withCrossShrink: true },
    { weight: 6, arbitrary: fc.constant('where needed' as const) },
    { weight: 3, arbitrary: fc.constant('always' as const) },
    { weight: 1, arbitrary: fc.constant('never' as const) },
  ),
});

const span: fc.Arbitrary<SpanChoice> = fc.record({
  start: choice(4, 255),
  end: choice(4, 255),
  startOff: fc.oneof(fc.constant(0), fc.nat(4095)),
  endOff: fc.oneof(fc.constant(0), fc.nat(4095)),
  spoil: seldom(7),
});

const account = choice(3, 99);
const tag = fc.oneof(fc.constant(0), fc.nat(99));

const alloc = fc.record({
  call: fc.constant('alloc' as const),
  size: choice(9, 255),
  min: choice(6, 63),
  mode: choice(10, 7),
  start: choice(4, 255),
  end: choice(4, 255),
  contiguous: fc.boolean(),
  clear: fc.boolean(),
  trimDisable: fc.boolean(),
  tag,
  throws: fc.boolean(),
  account,
  spoil: seldom(12),
});

const list = fc.nat(99);
const free = fc.record({ call: fc.constant('free' as const), list, cleared: fc.boolean() });
const freeBlock = fc.record({
  call: fc.constant('freeBlock' as const),
  list,
  index: fc.nat(9),
  cleared: fc.boolean(),
});
const trim = fc.record({
  call: fc.constant('trim' as const),
  list,
  size: fc.nat(99),
  start: choice(4, 99),
  spoil: seldom(8),
});
const extend = fc.record({
  call: fc.constant('extend' as const),
  list,
  size: choice(4, 99),
  spoil: seldom(4),
});
const append = fc.record({ call: fc.constant('append' as const), list, other: list });
const claim = fc.record({
  call: fc.constant('claim' as const),
  places: fc.array(choice(6, 255), { maxLength: 4 }),
  tag,
  clear: fc.option(fc.boolean(), { nil: undefined }),
  account,
});
const quota = { limit: choice(6, 255), reserved: choice(7, 255) };
const openAccount = fc.record({ call: fc.constant('account' as const), ...quota });
const updateAccount = fc.record({
  call: fc.constant('updateAccount' as const),
  opening: fc.nat(99),
  ...quota,
});
const reopenAccount = fc.record({ call: fc.constant('reopenAccount' as const), account: fc.nat(99) });
const disposeAccount = fc.record({ call: fc.constant('disposeAccount' as const), opening: fc.nat(99) });
const resetClear = fc.record({ call: fc.constant('resetClear' as const), clear: fc.boolean() });
const blockAt = fc.record({ call: fc.constant('blockAt' as const), address: choice(6, 255) });
const findFree = fc.record({
  call: fc.constant('findFree' as const),
  size: choice(9, 255),
  alignment: choice(5, 63),
  isRanged: fc.boolean(),
  span,
  spoil: seldom(9),
});
const availIn = fc.record({ call: fc.constant('availIn' as const), span });
const sizeIn = fc.record({ call: fc.constant('sizeIn' as const), list, span });
const print = fc.record({ call: fc.constant('print' as const) });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: alloc },
  { weight: 7, arbitrary: free },
  { weight: 2, arbitrary: freeBlock },
  { weight: 2, arbitrary: trim },
  { weight: 1, arbitrary: extend },
  { weight: 1, arbitrary: append },
  { weight: 1, arbitrary: claim },
  { weight: 1, arbitrary: openAccount },
  { weight: 1, arbitrary: updateAccount },
  { weight: 1, arbitrary: reopenAccount },
  { weight: 1, arbitrary: disposeAccount },
  { weight: 1, arbitrary: resetClear },
  { weight: 1, arbitrary: blockAt },
  { weight: 2, arbitrary: findFree },
  { weight: 1, arbitrary: availIn },
  { weight: 1, arbitrary: sizeIn },
  { weight: 1, arbitrary: print },
);

export const program: fc.Arbitrary<Program> = fc.record({
  space,
  takesBigints: fc.boolean(),
  steps: fc.array(step, { maxLength: 60, size: 'max' }),
  disposeFirst: fc.boolean(),
});
