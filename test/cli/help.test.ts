// The text of `--help`: of all commands, and of each.
import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../lib/cli/commands';
import { runCli } from './fake-terminal';

const specs = COMMANDS.map(({ spec }) => spec);

test('gpu-buddy --help lists all commands, and the exit statuses', async () => {
  const { status, stdout } = await runCli(['--help']);
  expect(status).toBe(0);
  for (const { name, summary } of specs)
    expect(stdout).toMatch(new RegExp(`^  ${name}\\b.* ${summary}$`, 'm'));
  expect(stdout).toContain('\nExit status: 0; 1 where');
});

describe.each(specs)('gpu-buddy $name', ({ name, operands, options }) => {
  test.each(['--help', '-h'])('%s has usage, all options and the exit status', async (flag) => {
    const { status, stdout, stderr } = await runCli([name, flag]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')[0]).toMatch(
      new RegExp(`^Usage: gpu-buddy ${name}.*${operands.replaceAll('.', '\\.')}$`),
    );
    for (const option of Object.keys(options))
      expect(stdout).toMatch(new RegExp(`^  (-\\w, )?--${option}\\b`, 'm'));
    expect(stdout).toContain('\nExit status: 0');
  });

  test('refuses an option that it does not know', async () => {
    const { status, stderr } = await runCli([name, '--colour']);
    expect([status, stderr]).toEqual([2, expect.stringContaining("Unknown option '--colour'")]);
  });
});
