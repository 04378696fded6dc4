/** The command `gpu-buddy report`. */
import { drawReport, type TraceHistory } from '../draw';
import { CommandError } from './command-error';
import { helpText } from './command-spec';
import { openHistories } from './open-histories';
import { parseReportOptions, REPORT, type ReportCommand } from './report-options';
import type { Terminal } from './terminal';
import { writeOutput } from './write-output';

/**
 * Runs the command.
 *
 * @returns the exit status
 * @throws UsageError, TraceError, CommandError, OutputError
 */
export async function report(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = parseReportOptions(args);
  const text = command ? await pageOf(command, terminal) : helpText(REPORT);
  await writeOutput(command?.output, text, terminal);
  return 0;
}

async function pageOf(command: ReportCommand, terminal: Terminal): Promise<string> {
  const histories: TraceHistory[] = [];
  for (const trace of command.traces) {
    const found = await openHistories(trace, command, terminal);
    if (found.length === 0) throw new CommandError(`${trace}: there never is an allocator`);
    histories.push(...found);
  }
  return drawReport(histories, { title: command.title });
}
