/** Tells which public methods and getters no scenario has reached. */

/** @typedef {import('./world.mjs').Package} Package */
/** @typedef {import('./instrument.mjs').Site} Site */

/** The classes whose objects own something, and how the code calls each, which sites name. */
const CLASSES = {
  GpuBuddy: 'GpuBuddy',
  AllocatedBlocks: 'AllocatedBlocks',
  AllocatedBlock: 'AllocatedBlock',
  Batch: 'Batch',
  BatchResult: 'BatchResult',
  Pool: 'Pool',
  TraceReplayer: 'TraceReplayer',
};

/**
 * @param {Package} library @param {readonly Site[]} sites @param {Set<number>} reached
 * @returns {string[]} such as `GpuBuddy.share`
 */
export function unreachedMembers(library, sites, reached) {
  const names = new Set([...reached].map((site) => sites[site]?.name));
  return Object.entries(CLASSES).flatMap(([name, nameInCode]) => {
    const owner = /** @type {any} */ (library)[name];
    return [owner, owner.prototype]
      .flatMap((object) => Reflect.ownKeys(object).filter((key) => isCode(object, key)))
      .map(wordOf)
      .filter((member) => !names.has(`${nameInCode}.${member}`))
      .map((member) => `${name}.${member}`);
  });
}

/** Whether a property is a method or a getter. Constructors may have no statements. @param {any} object @param {PropertyKey} key */
function isCode(object, key) {
  if (key === 'constructor') return false;
  const { value, get } = Object.getOwnPropertyDescriptor(object, key) ?? {};
  return (
    Boolean(get) || (typeof value === 'function' && !(typeof object === 'function' && key === 'prototype'))
  );
}

/** Writes a key as a site names it. @param {string | symbol} key */
function wordOf(key) {
  if (typeof key === 'string') return key;
  const { description = '' } = key;
  if (description === 'nodejs.util.inspect.custom') return '[node_util.inspect.custom]';
  // Node 20 knows it by another name.
  return `[${description.replace(/^nodejs\.dispose$/, 'Symbol.dispose').replace(/^gpu-buddy\./, '')}]`;
}
