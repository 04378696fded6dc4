/** Lists the formats, and detects which one a recording has. */
import { aosp } from './aosp';
import { pytorch } from './pytorch';
import type { Recording } from './recording';
import type { RecordingFormat, RecordingHead } from './recording-format';
import { rmm } from './rmm';
import { rmm2019 } from './rmm-2019';
import { vma } from './vma';

export const FORMATS: readonly RecordingFormat[] = [rmm, rmm2019, pytorch, aosp, vma];

const MAX_LINES = 100;

/** Detects the format of a recording by its first bytes; `undefined` if none fits. */
export async function formatOf(recording: Recording): Promise<RecordingFormat | undefined> {
  return formatOfHead(await recording.head());
}

/** Detects the format of an uncompressed recording by its first bytes. */
export function formatOfHead(bytes: Buffer): RecordingFormat | undefined {
  const lines = bytes.toString('latin1').split('\n', MAX_LINES + 1);
  // Drops the last line, which may be cut.
  const whole = lines.slice(0, Math.max(1, lines.length - 1)).map((line) => line.replace(/\r$/, ''));
  const head: RecordingHead = { bytes, lines: whole };
  return FORMATS.find((format) => format.matches(head));
}
