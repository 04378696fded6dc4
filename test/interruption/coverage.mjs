/** Tells which public methods and getters no scenario has reached. */

/** @typedef {import('./world.mjs').Package} Package */
/** @typedef {import('./instrument.mjs').Site} Site */

/** The classes whose objects own something. */
const CLASSES = [
  'GpuBuddy',
  'AllocatedBlocks',
  'AllocatedBlock',
  'Batch',
  'BatchResult',
  'Pool',
  'TraceReplayer',
  'AllocQueue',
];

/** Members that sites name otherwise: functions outside the class. @type {Record<string, string>} */
const NAMES_IN_CODE = { 'AllocatedBlocks.adopt': 'adopt' };

/**
 * @param {Package} library @param {readonly Site[]} sites @param {Set<number>} reached
 * @returns {string[]} such as `GpuBuddy.share`
 */
export function unreachedMembers(library, sites, reached) {
  const names = new Set([...reached].map((site) => sites[site]?.name));
  return CLASSES.flatMap((name) => {
    const owner = /** @type {any} */ (library)[name];
    return [owner, owner.prototype]
      .flatMap((object) => Reflect.ownKeys(object).filter((key) => isCode(object, key)))
      .map((key) => `${name}.${wordOf(key)}`)
      .filter((member) => !names.has(NAMES_IN_CODE[member] ?? member));
  });
}

/** Tells whether a property is a method or a getter. Constructors may have no statements. @param {any} object @param {PropertyKey} key */
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
