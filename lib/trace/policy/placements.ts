/** Lists the ways in which a policy can choose blocks. */

/**
 * How the blocks of an allocation are chosen: in pieces or, with `contiguous`, as one piece; each as the mode of `AllocOptions` says,
 * where `range` is the whole space, lowest address first.
 */
export const PLACEMENTS = [
  'simple',
  'top-down',
  'range',
  'contiguous',
  'contiguous-top-down',
  'contiguous-range',
] as const;

/** One of the `PLACEMENTS`. */
export type Placement = (typeof PLACEMENTS)[number];
