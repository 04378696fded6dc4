/** The kernel's own tests of buddy.c, each case a test of its own. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest } from '../../scripts/linux/manifest.mjs';

const root = join(__dirname, '..', '..');
const { folder } = Manifest.read(root);

/** The cases, in the order of the kernel's file. */
const cases = [
  ...readFileSync(join(folder, 'drivers/gpu/tests/gpu_buddy_test.c'), 'utf8').matchAll(
    /^\tKUNIT_CASE(?:_SLOW)?\((\w+)\)/gm,
  ),
].map((match) => match[1] ?? '');

let ktap = '';

beforeAll(() => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/test-native.mjs'), 'kunit'], {
    encoding: 'utf8',
  });
  ktap = stdout + stderr;
}, 300_000);

describe("the kernel's own tests", () => {
  test.each(cases)('%s', (name) => {
    const line = ktap.split('\n').findIndex((text) => text.endsWith(` ${name}`) && text.includes('ok '));
    expect(line).not.toBe(-1);
    expect(ktap.split('\n')[line]).toMatch(/^ {4}ok \d+ /);
  });

  test('are all there, and all counted', () => {
    expect(ktap).toMatch(
      new RegExp(`^# .*: pass:${String(cases.length)} fail:0 skip:0 total:${String(cases.length)}$`, 'm'),
    );
  });
});
