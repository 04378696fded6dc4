/** How each operation is written. */

export const OPERATION_FORMS: ReadonlyMap<string, string> = new Map([
  ['init', 'init SIZE CHUNK'],
  ['alloc', 'alloc ID START END SIZE MINBLOCK FLAGS'],
  ['free', 'free ID FLAGS'],
  ['trim', 'trim ID START|- NEWSIZE'],
  ['free_block', 'free_block ID INDEX'],
  ['reset_clear', 'reset_clear 0|1'],
  ['lookup', 'lookup ADDR'],
  ['print', 'print'],
  ['fini', 'fini'],
]);
