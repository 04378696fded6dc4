/** Opens any file as the lines of a trace: a trace, a saved state, or a recording of another allocator, which is imported on the way. */
import { createReadStream, statSync } from 'node:fs';
import { lineOf } from './format-operation';
import { formatOf, formatOfHead } from './import/formats';
import { toImportOptions, type ImportOptions } from './import/import-options';
import type { ImportReport } from './import/import-report';
import { ImportedTrace, type ImportInput } from './import/import-trace';
import { isCompressed, orTraceError, Recording } from './import/recording';
import { LineReader } from './line-reader';
import { isSavedState, savedStateLines } from './saved-state-lines';

const HEAD_SIZE = 4096;

/** How to open a trace. Those of `ImportOptions` but `name` and `onProgress` are for recordings alone. */
export interface OpenTraceOptions extends ImportOptions {
  /** Bytes of the longest line that is accepted. Default: 64 KiB. */
  readonly maxLineLength?: number | undefined;
  /** Called once a recording has been read to its end. */
  readonly onReport?: ((report: ImportReport) => void) | undefined;
}

/**
 * Opens a trace of either version, a state that `GpuBuddy.save()` has written as JSON, or a recording that `importTrace()` can read, compressed or not; its first bytes tell, unless
 * `format` does. What can be read only once is streamed where it is a trace as it stands, else it is copied. The lines of a
 * recording are those of the trace that it becomes. Dispose of the reader where it is not read to its end.
 *
 * @throws TraceError if it cannot be opened
 * @throws TypeError, RangeError if an option is wrong
 */
export async function openTrace(
  input: ImportInput,
  { maxLineLength, onReport, ...given }: OpenTraceOptions = {},
): Promise<LineReader> {
  const options = toImportOptions(given);
  const name = typeof input === 'string' ? input : options.name;
  const stream = streamOf(input);
  const peeked = stream && (await orTraceError(name, () => peek(stream)));
  const isTrace = (head: Buffer) => !isCompressed(head, name) && !formatOfHead(head) && !isSavedState(head);
  if (peeked && !options.format && isTrace(peeked.head))
    return new LineReader(peeked.bytes, name, { maxLineLength, onClose: peeked.close });

  const recording = peeked ? await Recording.copy(peeked.bytes, name) : await Recording.openFile(name);
  const format = options.format ?? (await formatOf(recording))?.name;
  if (format !== undefined) {
    const trace = new ImportedTrace(() => Promise.resolve(recording), { ...options, format });
    const lines = linesOf(trace, onReport);
    const onClose = () => {
      void lines.return(undefined);
      // A stream that was never begun is not closed by its end.
      void recording[Symbol.asyncDispose]();
    };
    return new LineReader(lines, name, { maxLineLength, onClose });
  }
  if (isSavedState(await recording.head()))
    return new LineReader(savedStateLines(recording), name, {
      maxLineLength,
      onClose: () => void recording[Symbol.asyncDispose](),
    });
  const source = await recording.read();
  return new LineReader(source, name, {
    maxLineLength,
    onProgress: () => options.onProgress?.(source.done, source.whole),
    onClose: () => {
      source[Symbol.dispose]();
      void recording[Symbol.asyncDispose]();
    },
  });
}

/** Sources that can be read only once, as a stream. */
function streamOf(input: ImportInput): AsyncIterable<Uint8Array | string> | undefined {
  if (typeof input !== 'string') return input;
  const isFile = statSync(input, { throwIfNoEntry: false })?.isFile() ?? true;
  return isFile ? undefined : createReadStream(input);
}

interface Peeked {
  /** The first bytes. */
  readonly head: Buffer;
  /** Gives every byte, the first ones too. */
  readonly bytes: AsyncIterable<Uint8Array | string>;
  readonly close: () => void;
}

/** Reads on until there is a line, or as much as formats are known by. */
async function peek(stream: AsyncIterable<Uint8Array | string>): Promise<Peeked> {
  const chunks = stream[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD_SIZE && !head.includes('\n')) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, Buffer.from(next.value as Uint8Array)]);
  }
  return { head, bytes: startingWith(head, chunks), close: () => void chunks.return?.() };
}

async function* startingWith(
  head: Buffer,
  chunks: AsyncIterator<Uint8Array | string>,
): AsyncGenerator<Uint8Array | string, undefined> {
  try {
    yield head;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
  return undefined;
}

async function* linesOf(
  trace: ImportedTrace,
  onReport: OpenTraceOptions['onReport'],
): AsyncGenerator<string, undefined> {
  for await (const operations of trace.batches()) {
    let text = '';
    for (const operation of operations) text += `${lineOf(operation)}\n`;
    yield text;
  }
  if (trace.report) onReport?.(trace.report);
  return undefined;
}
