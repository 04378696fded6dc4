/** Imports text as users do, and keeps all of it. */
import {
  importTrace,
  type ImportNoteKind,
  type ImportOptions,
  type ImportReport,
  type TraceOperation,
} from 'gpu-buddy/trace';
import { Readable } from 'node:stream';

export interface Imported {
  readonly operations: readonly TraceOperation[];
  readonly report: ImportReport;
  /** Notes by kind: the count, and the record of the first one. */
  readonly notes: Partial<Record<ImportNoteKind, readonly [count: number, first: number]>>;
}

/** Imports the bytes of a recording, in parts of that many bytes. */
export async function imported(
  content: string | Uint8Array,
  options: ImportOptions = {},
  chunkSize = Infinity,
): Promise<Imported> {
  const trace = importTrace(Readable.from(chunks(Buffer.from(content), chunkSize)), options);
  const operations: TraceOperation[] = [];
  for await (const operation of trace) operations.push(operation);
  const { report } = trace;
  if (!report) throw new Error('There is no report.');
  const notes = Object.fromEntries(report.notes.map(({ kind, count, first }) => [kind, [count, first]]));
  return { operations, report, notes };
}

function* chunks(bytes: Buffer, size: number): Generator<Buffer, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, Math.min(bytes.length, at + size));
  return undefined;
}

/** An operation without what is undefined, and in few words. */
export function short(operation: TraceOperation): Record<string, unknown> {
  return Object.fromEntries(Object.entries(operation).filter(([, value]) => value !== undefined));
}
