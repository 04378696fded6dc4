/** Imports recordings of other allocators as traces. */
import { invalidArgType } from '../../errors';
import type { TraceOperation } from '../operation';
import { TraceError } from '../trace-error';
import { formatOf, FORMATS } from './formats';
import { toImportOptions, type CheckedImportOptions, type ImportOptions } from './import-options';
import type { ImportReport } from './import-report';
import { Notes } from './notes';
import { Recording } from './recording';
import type { OpenRecording, RecordingFormat } from './recording-format';
import { Tracker } from './tracker';

/** Input of an import: the path of a file, or its bytes, such as a stream. */
export type ImportInput = string | AsyncIterable<Uint8Array | string>;

/**
 * A recording as the operations of a trace: header, `buddy.new`, what was live before the recording, and its operations.
 * Iterating reads the recording, in bounded memory; a file can be read again.
 *
 * @throws TraceError while it is iterated, if the recording cannot be read, or its format is unknown; with `strict`, if a
 *   record contradicts the others or is unknown
 */
export class ImportedTrace implements AsyncIterable<TraceOperation> {
  readonly #open: () => Promise<Recording>;
  readonly #options: CheckedImportOptions;
  #report: (() => ImportReport) | undefined;

  /** @internal See `importTrace()`. */
  constructor(open: () => Promise<Recording>, options: CheckedImportOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** Report on the records read so far; `undefined` before the first operation. */
  get report(): ImportReport | undefined {
    return this.#report?.();
  }

  /** Iterates over the operations of the trace, one by one. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TraceOperation, undefined> {
    for await (const operations of this.batches()) yield* operations;
    return undefined;
  }

  /** Gives many operations at a time, which is faster. */
  async *batches(): AsyncGenerator<readonly TraceOperation[], undefined> {
    const { device, strict } = this.#options;
    await using recording = await this.#open();
    const format = await this.#formatOf(recording);
    const open = await format.open(recording, this.#options);
    const notes = new Notes(recording.name, strict);
    const tracker = new Tracker(open.unit, notes);
    tracker.device = device;
    this.#report = () => reportOf(recording, format, open, tracker, notes);
    yield this.#first(format, open);
    yield* open.play(tracker);
    return undefined;
  }

  async #formatOf(recording: Recording): Promise<RecordingFormat> {
    const { format: wanted } = this.#options;
    const format = wanted ? FORMATS.find(({ name }) => name === wanted) : await formatOf(recording);
    if (format) return format;
    const known = FORMATS.map(({ name }) => name).join(', ');
    throw new TraceError(
      { file: recording.name },
      `is no recording that can be imported: known formats are ${known}`,
    );
  }

  #first(format: RecordingFormat, { unit, started }: OpenRecording): readonly TraceOperation[] {
    return [
      { kind: 'gpu-buddy-trace', version: 2, source: format.name, started },
      { kind: 'buddy.new', size: this.#options.size, chunkSize: unit },
    ];
  }
}

/**
 * Imports a recording of another allocator: a log of RMM, a memory snapshot of PyTorch, a log of Android's memory_replay, or a
 * dump of VMA or D3D12MA. Pointers become IDs that are never used again, sizes whole units; what is skipped, mapped or guessed
 * is counted in the report.
 *
 * @example
 * ```ts
 * import { Readable } from 'node:stream';
 * import { importTrace } from 'gpu-buddy/trace';
 *
 * const log = Buffer.from('1,10:00:00.000000,allocate,0x7f00,1000,0x0\n1,10:00:00.000005,free,0x7f00,1000,0x0\n');
 * const trace = importTrace(Readable.from([log]));
 * const kinds = [];
 * for await (const operation of trace) kinds.push(operation.kind);
 * console.log(kinds.join(' ')); // gpu-buddy-trace buddy.new buddy.alloc blocks.free
 * console.log(trace.report?.peak); // 1024
 * ```
 *
 * @param input the path of a file, plain or compressed (`.gz`, `.br`, `.zip`), or bytes
 * @throws TypeError, RangeError if an option is wrong
 */
export function importTrace(input: ImportInput, options?: ImportOptions): ImportedTrace {
  const given: unknown = input;
  if (
    typeof given !== 'string' &&
    !(typeof given === 'object' && given !== null && Symbol.asyncIterator in given)
  )
    throw invalidArgType('input', 'a path or an async iterable of bytes', given);
  const checked = toImportOptions(options);
  const open = () =>
    typeof input === 'string' ? Recording.openFile(input) : Recording.copy(input, checked.name);
  return new ImportedTrace(open, checked);
}

function reportOf(
  { name }: Recording,
  format: RecordingFormat,
  { unit, reserved }: OpenRecording,
  tracker: Tracker,
  notes: Notes,
): ImportReport {
  return {
    file: name,
    format: format.name,
    device: tracker.device,
    unit,
    records: notes.record,
    recordName: format.recordName,
    ...tracker.totals,
    reserved,
    notes: notes.list(),
  };
}
