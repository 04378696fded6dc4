// Checks that whatever documents and comments name is there: files, anchors of pages, and hazards by their numbers (H7). Links to
// the web are not followed.
import GithubSlugger from 'github-slugger';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot, script } from './run.mjs';
import { projectFiles, wordsIn } from './words.mjs';

const HAZARDS = 'docs/internals/hazards.md';
/** Matches a link or a picture of Markdown, or of HTML in it. */
const LINK = /\]\(([^)\s]+)\)|\b(?:href|src|srcset)="([^"]+)"/g;
/** Matches a file of the project, named by its path from the root. bench/results/ is written by a run. */
const PATH =
  /(?<![\w./@~*-])(?!bench\/results\/)((?:docs|lib|native|scripts|tools|bench|test|examples|packages)\/[\w./-]*\w\.(?:md|[cm]?[jt]s|cc?|h|json|diff|svg))(#[\w-]+)?(?![\w*])/g;

/** Reads a file of the project. @param {string} file */
const read = (file) => readFileSync(path.join(packageRoot, file), 'utf8');

/** Takes the examples out of a page, whose text is no heading and no link. @param {string} page */
const withoutCode = (page) => page.replace(/^( *)```.*?^\1```$/gms, (code) => code.replace(/.+/g, ''));

/** @type {Map<string, Set<string>>} */
const anchors = new Map();
/** Gives the anchors of a page: its headings, as GitHub names them, and those that it sets itself. @param {string} page */
function anchorsOf(page) {
  const known = anchors.get(page);
  if (known) return known;
  const slugger = new GithubSlugger();
  const text = withoutCode(read(page));
  const found = new Set([
    ...Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
      slugger.slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')),
    ),
    ...Array.from(text.matchAll(/<a id="([^"]+)">/g), ([, id = '']) => id),
  ]);
  anchors.set(page, found);
  return found;
}

/** Tells why a file, or an anchor in it, cannot be named; `undefined` if it can. @param {string} file @param {string} [anchor] */
function faultOf(file, anchor) {
  if (!existsSync(path.join(packageRoot, file))) return `${file} is not there`;
  if (anchor && file.endsWith('.md') && !anchorsOf(file).has(anchor)) return `${file} has no #${anchor}`;
  return undefined;
}

/** Lists the links of a page, as paths from the root. @param {string} page @param {string} text */
function* linksIn(page, text) {
  for (const [, link, attribute] of withoutCode(text).matchAll(LINK)) {
    const target = link ?? attribute ?? '';
    if (/^[a-z]+:/.test(target)) continue;
    const [file = '', anchor] = decodeURI(target).split('#');
    yield [file ? path.posix.join(path.posix.dirname(page), file) : page, anchor];
  }
}

await script('lint-links', async () => {
  const hazards = new Set(Array.from(read(HAZARDS).matchAll(/<\/a>(H\d+) /g), ([, name]) => name));
  let named = 0;
  const faults = [];
  for (const file of await projectFiles()) {
    const isPage = file.endsWith('.md');
    const texts = isPage ? [{ text: read(file), line: 0 }] : wordsIn(file);
    for (const { text, line } of texts) {
      const targets = Array.from(text.matchAll(PATH), ([, target = '', anchor]) => [
        target,
        anchor?.slice(1),
      ]);
      for (const [target = '', anchor] of [...targets, ...(isPage ? linksIn(file, text) : [])]) {
        named += 1;
        const fault = faultOf(target, anchor);
        if (fault) faults.push(`${file}${line ? `:${line}` : ''}: ${fault}`);
      }
      for (const [name] of text.matchAll(/\bH\d{1,2}\b/g)) {
        named += 1;
        if (!hazards.has(name)) faults.push(`${file}${line ? `:${line}` : ''}: ${HAZARDS} has no ${name}`);
      }
    }
  }
  for (const fault of faults) console.error(fault);
  console.log(`${named} files, anchors and hazards are named, ${faults.length} of them are not there`);
  if (faults.length > 0) process.exitCode = 1;
});
