/** The command `gpu-buddy import`: a recording in, a trace and a report out. */
import { importTrace, toJsonLine, type ImportedTrace, type TraceOperation } from '../trace';
import { lineOf } from '../trace/format-operation';
import { helpText } from './command-spec';
import { ChunkedOutput } from './chunked-output';
import { IMPORT, parseImportOptions, type ImportCommand } from './import-options';
import { importText } from './import-text';
import { OutputFile } from './output-file';
import { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';
import { STDIN, STDIN_NAME, STDOUT, traceName } from './trace-name';

/**
 * Runs the command.
 *
 * @returns the exit status
 * @throws UsageError, TraceError, OutputError
 */
export async function importCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = parseImportOptions(args);
  if (!command) {
    terminal.stdout.write(helpText(IMPORT));
    return 0;
  }
  const trace = await writeTrace(command, terminal);
  if (trace.report) terminal.stderr.write(importText(trace.report));
  return 0;
}

async function writeTrace(command: ImportCommand, terminal: Terminal): Promise<ImportedTrace> {
  const { input, output, json, ...options } = command;
  // A bar among the lines on one terminal would spoil both.
  const mayShowBar = output !== STDOUT || terminal.stdout.isTTY !== true;
  using bar = mayShowBar ? await ProgressBar.open(terminal.stderr, traceName(input)) : undefined;
  const trace = importTrace(input === STDIN ? terminal.stdin : input, {
    ...options,
    name: STDIN_NAME,
    onProgress: (done, whole) => bar?.update(done, whole),
  });
  const format = json ? toJsonLine : lineOf;
  if (output === STDOUT) {
    const chunks = new ChunkedOutput(terminal.stdout);
    await writeLines(trace, format, chunks);
    await chunks.flush();
  } else {
    using file = new OutputFile(output);
    await writeLines(trace, format, file);
    await file.commit();
  }
  return trace;
}

async function writeLines(
  trace: ImportedTrace,
  format: (operation: TraceOperation) => string,
  output: Pick<ChunkedOutput, 'write'>,
): Promise<void> {
  for await (const operations of trace.batches()) {
    let text = '';
    for (const operation of operations) text += `${format(operation)}\n`;
    const wait = output.write(text);
    if (wait) await wait;
  }
}
