/** Words of a specification that stand for a value. */

/** Stands for what the recording itself has. */
export const RECORDED = 'recorded';

/** Stands for the allocator that gpu-buddy is built with. */
export const BUILT_IN = 'built-in';
