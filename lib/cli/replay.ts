/** The command `gpu-buddy replay`: options in, exit status out, and what is said after the traces. */
import { kernelVersion } from '../native';
import { SummaryCollector } from '../trace';
import { ChunkedOutput } from './chunked-output';
import { helpText } from './command-spec';
import { CommandError } from './command-error';
import { countsText, totalCounts } from './comparison-text';
import { countText, pluralText } from '../trace/number-text';
import { replayKernels } from './replay-kernels';
import { parseReplayOptions, REPLAY, type ReplayOptions } from './replay-options';
import { drawPictures } from './replay-pictures';
import { ReplaySession, type Outcome } from './replay-session';
import { summaryText } from './summary-text';
import type { Terminal } from './terminal';
import { TraceCopy } from './trace-copy';
import { expectedFiles, isReadOnce } from './trace-name';

/**
 * Runs the command.
 *
 * @returns the exit status: 0, or 1 where a result differs
 * @throws UsageError, TraceError, CommandError, OutputError; Error of the code ERR_GPU_BUDDY_NO_BINARY
 */
export async function replay(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseReplayOptions(args);
  const output = new ChunkedOutput(terminal.stdout);
  if (options.help) {
    await output.write(helpText(REPLAY));
    await output.flush();
    return 0;
  }

  if (options.kernels.length > 0) return replayKernels(options, args, terminal);

  const needsCopy = options.pictures.has('peak') && isReadOnce(options.traces.at(-1) ?? '');
  const copy = needsCopy ? await TraceCopy.create() : undefined;
  try {
    const outcomes = await replayAll(options, copy, new ReplaySession(terminal, output));
    await report(outcomes, options, copy, terminal);
    return outcomes.some(({ counts }) => counts && counts.different > 0) ? 1 : 0;
  } finally {
    await copy?.close();
  }
}

async function replayAll(
  { traces, check, hasResults, pictures, summary, lenient, size, perfetto }: ReplayOptions,
  copy: TraceCopy | undefined,
  session: ReplaySession,
): Promise<Outcome[]> {
  const expected = check === undefined || hasResults ? [] : expectedFiles(traces, check);
  const lines = [...pictures].filter((when) => typeof when === 'number').sort((a, b) => a - b);
  const outcomes: Outcome[] = [];
  for (const [i, path] of traces.entries()) {
    const isLast = i === traces.length - 1;
    const watch = {
      collector: new SummaryCollector({ withSnapshot: pictures.has('end') && isLast, withLists: summary }),
      isLenient: lenient,
      lines: isLast ? lines : [],
      copy: isLast ? copy : undefined,
      size,
      perfetto,
    };
    const expectedPath = expected[i];
    outcomes.push(
      check === undefined
        ? await session.writeResults(path, watch)
        : await session.check(path, expectedPath, watch),
    );
  }
  return outcomes;
}

/**
 * Writes what is said of all traces together, and the pictures of the last one.
 *
 * @throws CommandError if a picture is wanted after a line that there is not; all else is written
 */
async function report(
  outcomes: readonly Outcome[],
  { check, recordedOn, summary, pictures }: ReplayOptions,
  copy: TraceCopy | undefined,
  { stdout, stderr, env }: Terminal,
): Promise<void> {
  const stream = check === undefined ? stderr : stdout;
  const output = new ChunkedOutput(stream);
  await output.write(totalText(outcomes, recordedOn));
  if (summary) await output.write(`\n${summaryText(outcomes)}`);
  const last = outcomes.at(-1);
  const { text, notes, beyondEnd } = last
    ? await drawPictures(last, pictures, copy, stream, env)
    : { text: '', notes: [], beyondEnd: undefined };
  await output.write(text);
  await output.flush();
  for (const note of [...outcomes.flatMap((outcome) => outcome.notes), ...notes])
    stderr.write(`gpu-buddy: ${note}\n`);
  if (beyondEnd !== undefined) throw new CommandError(beyondEnd);
}

/** Sums up all comparisons; empty if there were none. */
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
