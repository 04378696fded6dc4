/** The command `gpu-buddy replay`: options in, exit status out, and what is said after the traces. */
import { kernelVersion } from '../native';
import { SummaryCollector } from '../trace';
import { ChunkedOutput } from './chunked-output';
import { countsText, totalCounts } from './comparison-text';
import { countText, pluralText } from './number-text';
import { parseReplayOptions, REPLAY_HELP, type ReplayOptions } from './replay-options';
import { picturesText } from './replay-pictures';
import { ReplaySession, type Outcome } from './replay-session';
import { summaryText } from './summary-text';
import type { Terminal } from './terminal';
import { expectedFiles } from './trace-name';

/**
 * Runs the command.
 *
 * @returns the exit status: 0, or 1 where a result differs
 * @throws UsageError, TraceError, OutputError
 */
export async function replay(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseReplayOptions(args);
  const output = new ChunkedOutput(terminal.stdout);
  if (options.help) {
    await output.write(REPLAY_HELP);
    await output.flush();
    return 0;
  }

  const outcomes = await replayAll(options, new ReplaySession(terminal, output));

  const reportStream = options.check === undefined ? terminal.stderr : terminal.stdout;
  const report = new ChunkedOutput(reportStream);
  await report.write(totalText(outcomes, options.recordedOn));
  if (options.summary) await report.write(`\n${summaryText(outcomes)}`);
  const last = outcomes.at(-1);
  if (last) await report.write(await picturesText(last, options.pictures, reportStream, terminal.env));
  await report.flush();
  return outcomes.some(({ counts }) => counts && counts.different > 0) ? 1 : 0;
}

async function replayAll(
  { traces, check, pictures }: ReplayOptions,
  session: ReplaySession,
): Promise<Outcome[]> {
  const expected = check === undefined ? [] : expectedFiles(traces, check);
  const outcomes: Outcome[] = [];
  for (const [i, path] of traces.entries()) {
    const collector = new SummaryCollector({ withSnapshot: pictures.has('end') && i === traces.length - 1 });
    const expectedPath = expected[i];
    outcomes.push(
      expectedPath === undefined
        ? await session.writeResults(path, collector)
        : await session.check(path, expectedPath, collector),
    );
  }
  return outcomes;
}

/** All comparisons together; empty where there were none. */
function totalText(outcomes: readonly Outcome[], recordedOn: string | undefined): string {
  const counts = outcomes.flatMap((outcome) => outcome.counts ?? []);
  const total = totalCounts(counts);
  const text = counts.length > 1 ? countsText('total', total) : '';
  if (recordedOn === undefined) return text;
  const allocator = recordedOn.endsWith(` ${kernelVersion}`)
    ? ''
    : ` of the allocator of Linux ${kernelVersion}`;
  const operations = `${pluralText(total.operations, 'operation')}${allocator}`;
  return `${text}${operations}, ${countText(total.identicalOperations)} identical to ${recordedOn}\n`;
}
