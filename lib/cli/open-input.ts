/** Opens what a command is given: a trace, or a recording that becomes one, from a file or from standard input. */
import { openTrace, type ImportReport, type LineReader } from '../trace';
import { importText } from './import-text';
import type { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';
import { MAX_LINE_LENGTH, STDIN, STDIN_NAME } from './trace-name';

/**
 * Opens an input; `-` is standard input. Shows how much is read, and writes the report on a recording to standard error.
 *
 * @param onReport is called with that report too
 * @throws TraceError
 */
export function openInput(
  path: string,
  { stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>,
  bar: ProgressBar | undefined,
  onReport?: (report: ImportReport) => void,
): Promise<LineReader> {
  return openTrace(path === STDIN ? stdin : path, {
    maxLineLength: MAX_LINE_LENGTH,
    name: STDIN_NAME,
    onProgress: (done, whole) => bar?.update(done, whole),
    onReport: (report) => {
      stderr.write(importText(report));
      onReport?.(report);
    },
  });
}
