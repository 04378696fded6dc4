/** Writes the journal of an allocator as a trace. */
import { pipeline } from 'node:stream/promises';
import { VERSION } from '../addon/protocol';
import { toFlag } from '../arguments';
import { allocatorOf } from '../gpu-buddy';
import { JournalReader, type ReadJournalOptions } from '../journal';
import type { Bytes } from '../native';
import { toOptions } from '../options';
import { formatOperation } from './format-operation';
import { JournalOperations } from './journal-operations';
import { toJsonLine } from './json-operation';
import { TraceSpace } from './trace-space';

/** A `GpuBuddy`, whose declaration stands in the package `gpu-buddy`. */
export interface JournaledBuddy {
  /** Begins the journal. */
  startJournal(): void;
  /** Ends the journal. */
  stopJournal(): void;
  /** Reads the journal. */
  journal(options?: ReadJournalOptions): AsyncGenerator<unknown, undefined>;
}

/** The part of `stream.Writable` that tells one, since not every program has its type. */
export interface TraceOutput {
  readonly writable: boolean;
  /** Writes a text; false if the caller should wait before it writes more. */
  write(text: string): boolean;
  /** Ends the stream. */
  end(): unknown;
}

/** How to record. */
export interface RecordTraceOptions extends ReadJournalOptions {
  /** Write lines of JSON. Default: false, text. */
  readonly json?: boolean | undefined;
}

const OPTION_NAMES = { signal: true, ref: true, json: true } as const;

const CHUNK_LENGTH = 1 << 16;

/**
 * Writes the journal of an allocator as a trace, version 2, that `gpu-buddy replay --check FILE` replays: from the beginning of the journal on, as
 * it comes, until `stopJournal()`. Behind a gap nothing is written. The stream is not ended. A stream that is slow holds nobody up: the ring
 * fills, and the journal has a gap.
 *
 * @throws {GpuBuddyError} as `journal()`; the error of the stream; the `reason` of the signal
 */
export async function recordTrace(
  buddy: JournaledBuddy,
  stream: TraceOutput,
  options?: RecordTraceOptions,
): Promise<void> {
  const { json, ...reading } = toOptions('options', options, OPTION_NAMES);
  const lineOf = toFlag('json', json) ? toJsonLine : formatOperation;
  const allocator = allocatorOf(buddy);
  const { baseOffset, size, chunkSize } = allocator.space;
  const reader = new JournalReader(allocator, new TraceSpace(baseOffset, size, chunkSize), reading);
  await pipeline(
    textOf(reader, new JournalOperations(VERSION, allocator.name), lineOf),
    stream as NodeJS.WritableStream,
    {
      end: false,
    },
  );
}

async function* textOf(
  reader: JournalReader<Bytes>,
  operations: JournalOperations,
  lineOf: typeof formatOperation,
): AsyncGenerator<string> {
  try {
    for (let entries = reader.read(); entries; entries = reader.read()) {
      let text = '';
      for (const entry of entries)
        for (const operation of operations.of(entry)) {
          text += `${lineOf(operation)}\n`;
          if (text.length < CHUNK_LENGTH) continue;
          yield text;
          text = '';
        }
      if (text !== '') yield text;
      if (reader.isAtEnd) await reader.wait();
    }
  } finally {
    reader.leave();
  }
}
