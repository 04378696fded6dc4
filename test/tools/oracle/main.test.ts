// The command line of the oracle, as far as it needs no kernel.
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTools } from '../../../tools/oracle/linux/tools.mjs';

const MAIN = join(__dirname, '..', '..', '..', 'tools', 'oracle', 'main.mjs');

function oracle(args: string[], linux = '') {
  const env = { ...process.env, GPU_BUDDY_LINUX: linux };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

test('it says how it is used', () => {
  const { status, stdout } = oracle(['--help']);
  expect(stdout).toContain('  record DIR ');
  expect(status).toBe(0);
});

test.each([
  ['an unknown command', ['ask'], /^oracle: There is no command ask\.\nUsage: /],
  ['an unknown option', ['build', '--fast'], /^oracle: Unknown option '--fast'/],
  ['no folder', ['record'], /^oracle: record takes one folder/],
  ['a folder that is not there', ['record', 'nowhere-at-all'], /^oracle: ENOENT/],
])('refuses %s in a line', (_, args, message) => {
  const { status, stdout, stderr } = oracle(args);
  expect(stderr).toMatch(message);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

describe('GPU_BUDDY_LINUX', () => {
  test('must not be a URL: a whole kernel is built', () => {
    expect(oracle(['build'], 'https://example.org/linux').stderr).toMatch(
      /^oracle: .* a tree or an archive, not a URL/,
    );
  });

  test('must hold a kernel', () => {
    const folder = mkdtempSync(join(tmpdir(), 'oracle-test-'));
    try {
      expect(oracle(['build'], folder).stderr).toMatch(/^oracle: .* holds no kernel tree/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the tools that a kernel build needs', () => {
  test('may all be there', () => {
    expect(() => {
      requireTools(() => true);
    }).not.toThrow();
  });

  test('are named by their packages where they are missing', () => {
    const present = ([program]: string[], input = '') =>
      program !== 'flex' && program !== 'bc' && !input.includes('gelf.h');
    expect(() => {
      requireTools(present);
    }).toThrow('apt-get install flex bc libelf-dev');
  });
});
