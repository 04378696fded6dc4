/** Goes on behind lines that can be left out. */
import type { Names } from '../options';
import type { TraceOperation } from './operation';
import { parseOperation } from './parse-operation';
import { TraceError, type TracePlace } from './trace-error';

/** How to deal with lines that can be left out: `TraceError.problem` says which these are. */
export interface LenientOptions {
  /** Called with what is wrong with such a line, which is then left out. Default: that is thrown. */
  readonly onSkipped?: ((error: TraceError) => void) | undefined;
}

export const LENIENT_NAMES: Names<LenientOptions> = { onSkipped: true };

/** Tells of a line that is left out; throws every other error. */
export function skip(error: unknown, onSkipped: LenientOptions['onSkipped']): void {
  if (!onSkipped || !(error instanceof TraceError) || error.problem === undefined) throw error;
  onSkipped(error);
}

/**
 * Parses a line as `parseOperation()`; one that is left out gives nothing. Of a carriage return is told, and the line is read without
 * it.
 *
 * @throws TraceError
 */
export function parseLeniently(
  line: string,
  place: TracePlace,
  onSkipped: LenientOptions['onSkipped'],
): TraceOperation | undefined {
  try {
    return parseOperation(line, place);
  } catch (error) {
    skip(error, onSkipped);
    return line.endsWith('\r') ? parseLeniently(line.slice(0, -1), place, onSkipped) : undefined;
  }
}
