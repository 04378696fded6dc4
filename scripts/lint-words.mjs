// Counts the comments, docstrings and test names that open with a riddle (`RIDDLES`) instead of a statement, prints how many
// by folder, and fails where they are more than 2 %. `--list` names each of them. CONTRIBUTING.md has the rule.
import { readFileSync } from 'node:fs';
import tseslint from 'typescript-eslint';
import { packageRoot, printTable, run, script } from './run.mjs';

const FOLDERS = ['lib', 'native', 'scripts', 'tools', 'bench', 'test'];
const RIDDLES = ['All', 'Of', 'Such', 'Those', 'What', 'Where', 'Who', 'Whoever'];
const MOST = 0.02;

/** Comments that tools read, not people: directives, and those of types alone. */
const DIRECTIVE = /^(?:@|eslint|prettier|clang-format|<|SPDX)/;
const TEST_CALLS = new Set(['describe', 'test', 'it']);
const STRING_OR_COMMENT_IN_C =
  /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|\/\/.*(?:\n[ \t]*\/\/.*)*/g;

/** @typedef {{ text: string, line: number }} Words */

/** Reads the text of a comment, without its marks. @param {string} comment */
function textOf(comment) {
  return comment
    .replace(/^\/\*+<?|\*+\/$/g, '')
    .replace(/^[ \t]*(?:\*|\/\/+) ?/gm, '')
    .trim();
}

/** Reads the comments of a C file. @param {string} code @returns {Words[]} */
function readC(code) {
  return [...code.matchAll(STRING_OR_COMMENT_IN_C)]
    .filter(([match]) => match.startsWith('/'))
    .map((match) => ({ text: textOf(match[0]), line: code.slice(0, match.index).split('\n').length }));
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

await script('lint-words', async () => {
  const listed = await run(
    ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '--', ...FOLDERS],
    {
      cwd: packageRoot,
    },
  );
  const counts = new Map(FOLDERS.map((folder) => [folder, { all: 0, riddles: 0 }]));
  for (const file of listed.split('\n')) {
    const read = /\.(?:c|h|cc)$/.test(file) ? readC : /\.[cm]?[jt]s$/.test(file) ? readScript : undefined;
    const count = counts.get(file.split('/')[0]);
    if (!read || !count) continue;
    for (const { text, line } of read(readFileSync(`${packageRoot}/${file}`, 'utf8'))) {
      const [first] = /[\p{L}'’]+/u.exec(text) ?? [];
      if (first === undefined || DIRECTIVE.test(text)) continue;
      count.all += 1;
      if (!RIDDLES.some((riddle) => riddle.toLowerCase() === first.toLowerCase())) continue;
      count.riddles += 1;
      if (process.argv.includes('--list')) console.log(`${file}:${line}: ${text.split('\n')[0]}`);
    }
  }
  const rows = [...counts].map(([folder, { all, riddles }]) => ({ folder, all, riddles }));
  const total = { folder: 'all', all: 0, riddles: 0 };
  for (const { all, riddles } of rows) {
    total.all += all;
    total.riddles += riddles;
  }
  const percent = ({ all, riddles }) => `${((100 * riddles) / all).toFixed(1)} %`;
  printTable([...rows, total].map((row) => [row.folder, `${row.riddles} of ${row.all}`, percent(row)]));
  if (total.riddles <= MOST * total.all) return;
  console.error(
    `More than ${100 * MOST} % open with one of ${RIDDLES.join(', ')}: see them by --list, and CONTRIBUTING.md.`,
  );
  process.exitCode = 1;
});
