// Reads the mutants in mutants.diff, and finds the place of each in the sources.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * @typedef {object} Mutant
 * @property {string} title its file's name, and what it gets wrong
 * @property {string} file in the repository
 * @property {string} within the function that the place is in, or nothing
 * @property {string} find what stands there
 * @property {string} replace what stands there instead
 */

/** @param {string} [text] as mutants.diff has it @returns {Mutant[]} */
export function readMutants(text = readFileSync(new URL('mutants.diff', import.meta.url), 'utf8')) {
  return text
    .split(/^--- /m)
    .slice(1)
    .flatMap((part) => {
      const [head, ...hunks] = part.split(/^@@ /m);
      const file = head.trim();
      return hunks.map((hunk) => {
        const [first, ...lines] = hunk.trimEnd().split('\n');
        const [, within, name] = /^(\w*) ?@@ (.+)$/.exec(first) ?? [];
        if (!name) throw new Error(`mutants.diff: no head of a hunk: @@ ${first}`);
        /** @param {string} mark */
        const marked = (mark) => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(1));
        return {
          title: `${basename(file)}: ${name}`,
          file,
          within,
          find: marked('-').join('\n'),
          replace: marked('+').join('\n'),
        };
      });
    });
}

/** Matches a whole function in the kernel's layout: its head at the start of a line, its end a brace alone. @param {string} name */
function functionPattern(name) {
  return new RegExp(`^(?:[^\\s#][^\\n;]*)?\\b${name}\\([^;{}]*\\)\\n\\{\\n[^]*?^\\}`, 'gm');
}

/**
 * Makes the one change.
 * @param {Mutant} mutant
 * @param {string} original the text of its file
 */
export function mutate({ title, within, find, replace }, original) {
  const scopes = within ? [...original.matchAll(functionPattern(within))].map(([text]) => text) : [original];
  if (scopes.length !== 1) throw new Error(`${title}: function ${within} is there ${scopes.length} times`);
  const [scope] = scopes;
  const parts = scope.split(find);
  if (parts.length !== 2) throw new Error(`${title}: its place is there ${parts.length - 1} times`);
  if (find === replace) throw new Error(`${title}: it changes nothing`);
  return original.replace(scope, () => parts.join(replace));
}
