/** Writes a text where a command was told to. */
import { ChunkedOutput } from './chunked-output';
import { OutputFile } from './output-file';
import type { Terminal } from './terminal';
import { STDOUT } from './trace-name';

/**
 * Writes a whole text.
 *
 * @param path a file, which is complete afterwards, or as it was; `-` is standard output
 * @throws CommandError, OutputError
 */
export async function writeOutput(
  path = STDOUT,
  text: string,
  terminal: Pick<Terminal, 'stdout'>,
): Promise<void> {
  if (path === STDOUT) {
    const output = new ChunkedOutput(terminal.stdout);
    await output.write(text);
    await output.flush();
    return;
  }
  using file = new OutputFile(path);
  await file.write(text);
  await file.commit();
}
