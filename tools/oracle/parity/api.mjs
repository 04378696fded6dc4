// What a kernel's gpu_buddy.h and its test file offer, and what of it we call. Reads text; compiles nothing.

/** @typedef {Map<string, string>} Api name to declaration, of functions and macros */
/** @typedef {{ gained: string[], lost: string[], changed: string[] }} Changes names; of cases, nothing is ever `changed` */

/** @param {string} source in C */
function withoutComments(source) {
  return source.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, ' ');
}

/** @param {string} text */
function onOneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * The functions and macros of a header.
 * @param {string} header
 * @returns {Api}
 */
export function apiOf(header) {
  const text = withoutComments(header).replace(/\\\n/g, ' ');
  /** @type {Api} */
  const api = new Map();
  for (const [line, name] of text.matchAll(/^[ \t]*#[ \t]*define[ \t]+(\w+)[^\n]*$/gm)) {
    // The other branch of an #ifdef belongs to it.
    const declaration = [api.get(name), onOneLine(line)].filter(Boolean).join('; ');
    api.set(name, declaration);
  }
  let code = text.replace(/^[ \t]*#.*$/gm, '');
  // Bodies go, from the innermost out.
  for (let before = ''; before !== code;) {
    before = code;
    code = code.replace(/\{[^{}]*\}/g, ';');
  }
  for (const statement of code.split(';').map(onOneLine)) {
    const declaration = statement.replace(/^static inline /, '');
    const [, name] = /^[\w *]+?\b(\w+) ?\(.*\)$/.exec(declaration) ?? [];
    if (name) api.set(name, declaration);
  }
  return api;
}

/** The cases of the kernel's own tests. @param {string} tests @returns {Api} */
export function kunitCasesOf(tests) {
  return new Map([...tests.matchAll(/^\s*KUNIT_CASE(?:_SLOW)?\((\w+)\)/gm)].map(([, name]) => [name, '']));
}

/** @param {Api} before @param {Api} after @returns {Changes} */
export function changesOf(before, after) {
  return {
    gained: [...after.keys()].filter((name) => !before.has(name)),
    lost: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...before.keys()].filter((name) => after.has(name) && after.get(name) !== before.get(name)),
  };
}

/**
 * The functions (and macros that look like them) that our sources call.
 * @param {Map<string, string>} sources path to text
 * @returns {Map<string, string[]>} function to the files that call it
 */
export function callsIn(sources) {
  /** @type {Map<string, string[]>} */
  const calls = new Map();
  for (const [path, source] of sources)
    for (const [, name] of withoutComments(source).matchAll(/\b(gpu_buddy_\w+)\s*\(/g)) {
      const files = calls.get(name) ?? [];
      if (!files.includes(path)) calls.set(name, [...files, path]);
    }
  return calls;
}

/** The kernel's headers that a file includes. @param {string} source */
export function includesOf(source) {
  return [...withoutComments(source).matchAll(/^\s*#\s*include\s*<([^>]+)>/gm)].map(([, header]) => header);
}
