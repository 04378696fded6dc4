/** Every mutant fits the sources as they are. `npm run mutants` builds them and puts them to the tests. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutantsInBuddy } from '../../tools/mutants/in-buddy.mjs';
import { mutantsInKernel } from '../../tools/mutants/in-kernel.mjs';
import { mutantsInRange } from '../../tools/mutants/in-range.mjs';
import { mutate } from '../../tools/mutants/mutant.mjs';
import { isCaught, resultLine, totalLines, type Result } from '../../tools/mutants/report.mjs';

const root = join(__dirname, '..', '..');
const mutants = [...mutantsInBuddy, ...mutantsInKernel, ...mutantsInRange];
const [one, other] = [mutantsInBuddy[0], mutantsInKernel[0]];
if (!one || !other) throw new Error('There are no mutants.');

test.each(mutants.map((mutant) => [mutant.file, mutant.name, mutant] as const))(
  '%s: %s: is found at one place, and changes it',
  (file, _, mutant) => {
    const original = readFileSync(join(root, file), 'utf8');
    expect(mutate(mutant, original)).not.toBe(original);
  },
);

test('there are at least 25, each with a name of its own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThanOrEqual(25);
});

test('a mutant that fits nowhere, or at two places, is refused', () => {
  const mutant = { name: 'wrong', file: 'a file', find: 'a', replace: 'b' };
  expect(mutate(mutant, 'an')).toBe('bn');
  expect(() => mutate(mutant, 'text')).toThrow('0 times');
  expect(() => mutate(mutant, 'a a')).toThrow('2 times');
  expect(() => mutate({ ...mutant, within: 'nowhere' }, 'a')).toThrow('function nowhere');
  expect(() => mutate({ ...mutant, replace: 'a' }, 'a')).toThrow('changes nothing');
});

test('the report says which level catches what, and why the others survive', () => {
  const results: Result[] = [
    { mutant: one, marks: ['missed', 'late'] },
    { mutant: { ...other, survives: 'equivalent' }, marks: ['missed', 'missed'] },
  ];
  expect(results.map(isCaught)).toEqual([true, false]);
  expect(results.map(resultLine).map((line) => line.split(/ {2,}/).slice(1))).toEqual([
    ['-', 'late'],
    ['-', '-'],
  ]);
  expect(totalLines(['kunit', 'traces'], results)).toEqual([
    expect.stringMatching(/^caught by this level, of 2 +0 +1$/),
    '',
    '1 of 2 mutants caught',
    expect.stringMatching(/^survives: .*: equivalent$/),
  ]);
});
