#!/usr/bin/env node
/** The program `gpu-buddy-sweep`: finds the command, and turns errors into messages and an exit status. */
import { helpText, usageError, type Command } from './commands/command.js';
import { say } from './commands/say.js';
import { SweepError } from './sweep-error.js';

/** Loads a command when it is asked for. In the order in which help lists them. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  plan: async () => (await import('./commands/plan.js')).plan,
  run: async () => (await import('./commands/run.js')).run,
  table: async () => (await import('./commands/table.js')).table,
  submit: async () => (await import('./commands/submit.js')).submit,
  work: async () => (await import('./commands/work.js')).work,
  collect: async () => (await import('./commands/collect.js')).collect,
  status: async () => (await import('./commands/status.js')).status,
  cancel: async () => (await import('./commands/cancel.js')).cancel,
  schema: async () => (await import('./commands/schema.js')).schema,
};

async function help(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const lines = commands.map(({ spec: { name, operands, summary } }) => {
    return `  ${[name, ...operands].join(' ').padEnd(18)}${summary}`;
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
    process.stdout.write(await help());
    return 0;
  }
  if (name === undefined) throw usageError('no command is given');
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) throw usageError(`unknown command "${name}"`);
  const command = await load();
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
    const advice =
      error.code === 'ERR_SWEEP_USAGE'
        ? `\nTry 'gpu-buddy-sweep --help' or 'gpu-buddy-sweep COMMAND --help'.`
        : '';
    say(`${error.message}${advice}`);
  } else {
    // A mistake of ours, or of the system: with its stack, for the report.
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  process.exitCode = 2;
}
