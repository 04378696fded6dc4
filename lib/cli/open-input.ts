/** Opens what a command is given: a trace, or a recording that becomes one, from a file or from standard input. */
import { openTrace, type ImportReport, type LineReader } from '../trace';
import { importText } from './import-text';
import type { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';
import { MAX_LINE_LENGTH, STDIN, STDIN_NAME } from './trace-name';

/** How to open an input. */
export interface InputOptions {
  /** Is called with the report on a recording, too. */
  readonly onReport?: ((report: ImportReport) => void) | undefined;
  /** Label allocations by frames of the program, and what is cut off their file names. */
  readonly frames?: boolean | undefined;
  readonly stripPrefix?: string | undefined;
}

/**
 * Opens an input; `-` is standard input. Shows how much is read, and writes the report on a recording to standard error.
 *
 * @throws TraceError
 */
export function openInput(
  path: string,
  { stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>,
  bar: Pick<ProgressBar, 'update'> | undefined,
  { onReport, frames, stripPrefix }: InputOptions = {},
): Promise<LineReader> {
  return openTrace(path === STDIN ? stdin : path, {
    maxLineLength: MAX_LINE_LENGTH,
    name: STDIN_NAME,
    frames,
    stripPrefix,
    onProgress: (done, whole) => bar?.update(done, whole),
    onReport: (report) => {
      stderr.write(importText(report));
      onReport?.(report);
    },
  });
}
