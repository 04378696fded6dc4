#!/usr/bin/env node
/** The program `gpu-buddy-sweep`: finds the command, and turns errors into messages and an exit status. */
import { helpText, usageError, type Command } from './commands/command.js';
import { plan } from './commands/plan.js';
import { cancel } from './commands/cancel.js';
import { collect } from './commands/collect.js';
import { run } from './commands/run.js';
import { schema } from './commands/schema.js';
import { status } from './commands/status.js';
import { submit } from './commands/submit.js';
import { table } from './commands/table.js';
import { work } from './commands/work.js';
import { say } from './commands/terminal.js';
import { SweepError } from './sweep-error.js';

/** In the order in which help lists them. */
const COMMANDS: readonly Command[] = [plan, run, submit, work, collect, status, cancel, table, schema];

function help(): string {
  const lines = COMMANDS.map(({ spec: { name, operands, summary } }) => {
    return `  ${[name, ...operands].join(' ').padEnd(22)}${summary}`;
  });
  return `Usage: gpu-buddy-sweep COMMAND [OPTION]...

Replays many traces under many policies: on all cores of this machine, or on many machines over Redis.

${lines.join('\n')}

Exit status: 0; 1 where jobs were set aside or are missing; 2 where a command could not be carried out;
130 after Ctrl-C. 'gpu-buddy-sweep COMMAND --help' lists options.
`;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') {
    process.stdout.write(help());
    return 0;
  }
  if (name === undefined) throw usageError('no command is given');
  const command = COMMANDS.find(({ spec }) => spec.name === name);
  if (!command) throw usageError(`unknown command "${name}"`);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText(command.spec));
    return 0;
  }
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof SweepError) {
    say(error.message);
    if (error.code === 'ERR_SWEEP_USAGE') say(`try 'gpu-buddy-sweep --help'`);
  } else {
    // A mistake of ours, or of the system: with its stack, for the report.
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  process.exitCode = 2;
}
