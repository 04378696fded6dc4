/** Lists the policies that are compared. */

/** @typedef {import('gpu-buddy').AllocMode} AllocMode */

/**
 * @typedef {object} Policy where pages and adapters go
 * @property {string} name
 * @property {(size: number, reserved: number) => { pages: AllocMode, adapters: AllocMode }} modes in a space of so many bytes, of
 *   which so many are reserved for adapters
 * @property {boolean} [findsRuns] whether an adapter also gets a run of free pages that the kernel's own search overlooks
 * @property {boolean} [isContiguous] whether a sequence gets one piece, at once, for all tokens that it will ever have
 */

/** @param {number} start @param {number} end @returns {AllocMode} */
const within = (start, end) => ({ range: { start, end } });

/** @type {readonly Policy[]} */
export const policies = [
  { name: 'best fit', modes: () => ({ pages: 'simple', adapters: 'simple' }) },
  { name: 'best fit, any run', modes: () => ({ pages: 'simple', adapters: 'simple' }), findsRuns: true },
  { name: 'pages low, adapters high', modes: (size) => ({ pages: within(0, size), adapters: 'top-down' }) },
  { name: 'all high', modes: () => ({ pages: 'top-down', adapters: 'top-down' }) },
  {
    name: 'apart',
    // Adapters below: a sequence that grows in place never crosses the border then.
    modes: (size, reserved) => ({ pages: within(reserved, size), adapters: within(0, reserved) }),
  },
  { name: 'contiguous', modes: () => ({ pages: 'simple', adapters: 'simple' }), isContiguous: true },
];
