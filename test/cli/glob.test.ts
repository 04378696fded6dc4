// Patterns of file names, which the shells of Windows leave to programs.
import { beforeAll, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expandGlobs } from '../../lib/cli/glob';
import { temporaryFolder } from '../support/temporary-folder';

const at = temporaryFolder();

beforeAll(() => {
  for (const name of ['a.trace', 'B.trace', 'a1.trace', 'a+b (1).txt', '.hidden.trace'])
    writeFileSync(at(name), '');
});

test.each([
  ['*.trace', ['B.trace', 'a.trace', 'a1.trace']],
  ['A?.TRACE', ['a1.trace']],
  ['a+b (?).txt', ['a+b (1).txt']],
  ['a.trace', ['a.trace']],
  ['none*.trace', ['none*.trace']],
])('%s stands for %j on Windows', (pattern, names) => {
  expect(expandGlobs([at(pattern)], 'win32')).toEqual(names.map((name) => at(name)));
});

test('options, and folders that are not there, stay', () => {
  const given = ['--mode', '--size=*', join(at('none'), '*.trace')];
  expect(expandGlobs(given, 'win32')).toEqual(given);
});

test('elsewhere the shell has done it', () => {
  expect(expandGlobs([at('*.trace')], 'linux')).toEqual([at('*.trace')]);
});
