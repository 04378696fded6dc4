// The command `gpu-buddy completion`: scripts that are made of the descriptions of all commands.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { COMMANDS } from '../../lib/cli/commands';
import { temporaryFolder } from '../support/temporary-folder';
import { runCli } from './fake-terminal';

const at = temporaryFolder();

const SHELLS = ['bash', 'zsh', 'fish'];

beforeAll(() => {
  mkdirSync(at('folder'));
  writeFileSync(at('run one.trace'), '');
});

async function scriptFor(shell: string): Promise<string> {
  const { status, stdout, stderr } = await runCli(['completion', shell]);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

describe.each(SHELLS)('the script for %s', (shell) => {
  test.each(COMMANDS.map(({ spec }) => spec))(
    'knows $name, and all of its options',
    async ({ name, options }) => {
      const script = await scriptFor(shell);
      expect(script).toContain(name);
      for (const [option, { choices = [] }] of Object.entries(options))
        for (const word of [option, ...choices]) expect(script).toContain(word);
    },
  );

  // The shell, if it is here, reads the script; none of its commands is run.
  const isThere = spawnSync(shell, ['--version']).status === 0;
  (isThere ? test : test.skip)('is one that the shell can read', async () => {
    writeFileSync(at(`script.${shell}`), await scriptFor(shell));
    const { status, stderr } = spawnSync(shell, ['-n', at(`script.${shell}`)], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('bash completes', () => {
  test.each<[line: readonly string[], words: readonly string[]]>([
    [['re'], ['replay', 'report']],
    [['--v'], ['--version']],
    [
      ['fit', '--m'],
      ['--mode', '--min-block-size'],
    ],
    [['import', '-o'], ['-o']],
    [
      ['compare', '--mode', 'contiguous-'],
      ['contiguous-top-down', 'contiguous-range'],
    ],
    [
      ['replay', '--picture-at', ''],
      ['peak', 'end'],
    ],
    [
      ['import', '--format', 'r'],
      ['rmm', 'rmm-2019'],
    ],
    [['completion', ''], SHELLS],
    [['doctor', ''], []],
    [
      ['doctor', '-'],
      ['-h', '--help'],
    ],
    [['fit', 'run'], ['run one.trace']],
    [['fit', '--lenient', 'fol'], ['folder']],
    [['replay', '--check', 'fol'], ['folder']],
    [['unknown', ''], []],
  ])('%j', async (line, words) => {
    // A shell that nobody types into has no compopt.
    const program = `
      compopt() { :; }
      ${await scriptFor('bash')}
      COMP_WORDS=(gpu-buddy "$@") COMP_CWORD=$# COMPREPLY=()
      _gpu_buddy
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', program, 'bash', ...line], {
      encoding: 'utf8',
      cwd: at('.'),
    });
    expect([stderr, stdout.split('\n').filter(Boolean)]).toEqual(['', words]);
  });
});

test.each([[[]], [['tcsh']], [['bash', 'zsh']]])('%j is refused', async (args) => {
  const { status, stdout, stderr } = await runCli(['completion', ...args]);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('completion takes one of bash, zsh, fish');
});
