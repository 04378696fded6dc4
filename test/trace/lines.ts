// Text as lines, and a trace replayed from text, for the tests of this folder.
import {
  LineReader,
  replayTrace,
  TraceReplayer,
  type LineReaderOptions,
  type ReplayObserver,
} from 'gpu-buddy/trace';
import { Readable } from 'node:stream';

export function linesOf(text: string | Buffer, options?: LineReaderOptions): LineReader {
  return new LineReader(Readable.from([text]), 'some.trace', options);
}

/** Reads the remaining lines. */
export async function readAll(lines: LineReader): Promise<string[]> {
  const all: string[] = [];
  while (lines.isReady || (await lines.fill())) all.push(lines.next());
  return all;
}

/** Replays a trace and gives the result lines. */
export async function resultsOf(trace: string, observers: readonly ReplayObserver[] = []): Promise<string[]> {
  using replayer = new TraceReplayer();
  const results: string[] = [];
  const recorder: ReplayObserver = {
    after: ({ result }) => {
      results.push(result);
      return undefined;
    },
  };
  await replayTrace(linesOf(trace), replayer, [...observers, recorder]);
  return results;
}
