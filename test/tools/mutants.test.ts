/** Every mutant fits the sources as they are. `npm run mutants` builds them and puts them to the tests. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutate, readMutants } from '../../tools/mutants/mutant.mjs';

const root = join(__dirname, '..', '..');
const mutants = readMutants();

test.each(mutants.map((mutant) => [mutant.title, mutant] as const))(
  '%s: is found at one place, and changes it',
  (_, mutant) => {
    const original = readFileSync(join(root, mutant.file), 'utf8');
    expect(mutate(mutant, original)).not.toBe(original);
  },
);

test('each has a name of its own', () => {
  const titles = mutants.map(({ title }) => title);
  expect(titles).toEqual([...new Set(titles)]);
});

test('a hunk may leave out its function, and have several lines', () => {
  const text = '# About.\n\n--- a/b.c\n@@ @@ one\n-x\n-\ty\n+\n\n--- c.c\n@@ f @@ two\n-x\n+y\n';
  expect(readMutants(text)).toEqual([
    { title: 'b.c: one', file: 'a/b.c', within: '', find: 'x\n\ty', replace: '' },
    {
      title: 'c.c: two',
      file: 'c.c',
      within: 'f',
      find: 'x',
      replace: 'y',
    },
  ]);
  expect(() => readMutants('--- a.c\n@@ nothing\n')).toThrow('no head of a hunk: @@ nothing');
});

test('a mutant that fits nowhere, or at two places, is refused', () => {
  const mutant = { title: 'wrong', file: 'a file', within: '', find: 'a', replace: 'b' };
  expect(mutate(mutant, 'an')).toBe('bn');
  expect(() => mutate(mutant, 'text')).toThrow('0 times');
  expect(() => mutate(mutant, 'a a')).toThrow('2 times');
  expect(() => mutate({ ...mutant, within: 'nowhere' }, 'a')).toThrow('function nowhere');
  expect(() => mutate({ ...mutant, replace: 'a' }, 'a')).toThrow('changes nothing');
});

test('a function is told from its declaration and its calls', () => {
  const mutant = { title: 'f', file: 'a file', within: 'f', find: 'a', replace: 'b' };
  const source = (body: string) =>
    `int f(int a);\n\nstatic int\nf(int x)\n{\n\treturn ${body};\n}\n\nint g(void)\n{\n\treturn f(a);\n}\n`;
  expect(mutate(mutant, source('a'))).toBe(source('b'));
});
