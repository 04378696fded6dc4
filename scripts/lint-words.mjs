// Counts the comments, docstrings and test names that open with a riddle (`RIDDLES`) instead of a statement, prints how many
// by folder, and fails where they are more than 2 %. `--list` names each of them. CONTRIBUTING.md has the rule.
import { printTable, script } from './run.mjs';
import { projectFiles, wordsIn } from './words.mjs';

const FOLDERS = ['lib', 'native', 'scripts', 'tools', 'bench', 'packages', 'test'];
const RIDDLES = ['All', 'Of', 'Such', 'Those', 'What', 'Where', 'Who', 'Whoever'];
const MOST = 0.02;

/** Comments that tools read, not people: directives, and those of types alone. */
const DIRECTIVE = /^(?:@|eslint|prettier|clang-format|<|SPDX)/;

await script('lint-words', async () => {
  const counts = new Map(FOLDERS.map((folder) => [folder, { all: 0, riddles: 0 }]));
  for (const file of await projectFiles(...FOLDERS)) {
    const count = counts.get(file.split('/')[0] ?? '');
    for (const { text, line } of count ? wordsIn(file) : []) {
      // Names of tests may begin with the number of a hazard.
      const [first] = /[\p{L}'’]+/u.exec(text.replace(/^(?:H\d+(?:, )?)+: /, '')) ?? [];
      if (!count || first === undefined || DIRECTIVE.test(text)) continue;
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
