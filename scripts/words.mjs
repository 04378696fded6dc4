// Reads what people read in source files: comments, and the names of tests.
import { existsSync, readFileSync } from 'node:fs';
import tseslint from 'typescript-eslint';
import { packageRoot, run } from './run.mjs';

const TEST_CALLS = new Set(['describe', 'test', 'it']);
const STRING_OR_COMMENT_IN_C =
  /(?:TEST\()?"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|\/\/.*(?:\n[ \t]*\/\/.*)*/g;

/** @typedef {{ text: string, line: number }} Words */

/** Gives the text of a comment, without its marks. @param {string} comment */
function textOf(comment) {
  return comment
    .replace(/^\/\*+<?|\*+\/$/g, '')
    .replace(/^[ \t]*(?:\*|\/\/+) ?/gm, '')
    .trim();
}

/** Reads the comments and the names of tests of a C file. @param {string} code @returns {Words[]} */
function readC(code) {
  return [...code.matchAll(STRING_OR_COMMENT_IN_C)]
    .filter(([match]) => /^(?:\/|TEST)/.test(match))
    .map((match) => ({
      text: textOf(match[0].replace(/^TEST\("|"$/g, '')),
      line: code.slice(0, match.index).split('\n').length,
    }));
}

/** Finds the name of the function behind `test`, `test.each(…)` or `describe.skip`. @param {any} callee @returns {string} */
function nameOf(callee) {
  const inner = callee.object ?? callee.callee ?? callee.tag;
  return inner ? nameOf(inner) : (callee.name ?? '');
}

/** Reads the comments and the names of tests of a TypeScript or JavaScript file. @param {string} code @returns {Words[]} */
function readScript(code) {
  /** @type {any} typescript-eslint declares it as a parser of any kind */
  const parser = tseslint.parser;
  const { ast } = parser.parseForESLint(code, { comment: true, loc: true, range: true });
  /** @type {Words[]} */
  const found = [];
  let previous = { type: '', line: -1, column: -1 };
  for (const { type, range, loc } of ast.comments) {
    const { line, column } = loc.start;
    // The lines of one comment by `//` stand below each other.
    const goesOn =
      type === 'Line' && previous.type === 'Line' && previous.line === line - 1 && previous.column === column;
    if (!goesOn) found.push({ text: textOf(code.slice(...range)), line });
    previous = { type, line, column };
  }
  /** @param {any} node */
  const visit = (node) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node?.type !== 'string') return;
    const [name] =
      node.type === 'CallExpression' && TEST_CALLS.has(nameOf(node.callee)) ? node.arguments : [];
    if (name?.type === 'Literal' && typeof name.value === 'string')
      found.push({ text: name.value, line: name.loc.start.line });
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child);
  };
  visit(ast.body);
  return found;
}

/** Reads a file of C, C++, TypeScript or JavaScript; of others, nothing. @param {string} file @returns {Words[]} */
export function wordsIn(file) {
  const read = /\.(?:c|h|cc)$/.test(file) ? readC : /\.[cm]?[jt]s$/.test(file) ? readScript : () => [];
  return read(readFileSync(`${packageRoot}/${file}`, 'utf8'));
}

/** Lists the files of the project, as git knows them, also those not added yet. @param {string[]} folders */
export async function projectFiles(...folders) {
  const listed = await run(
    ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders],
    {
      cwd: packageRoot,
    },
  );
  return listed.split('\n').filter((file) => existsSync(`${packageRoot}/${file}`) && file);
}
