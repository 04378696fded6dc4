/** Errors: the one that says that allocator and model do not agree, and those that are answers of the allocator. */
import { GpuBuddyError } from 'gpu-buddy';

export class Disagreement extends Error {
  override readonly name = 'Disagreement';
}

export function disagree(text: string): never {
  throw new Disagreement(text);
}

/** The value or the error with which a call ended. */
export type Outcome<T> =
  { readonly value: T } | { readonly code: string; readonly error: GpuBuddyError | RangeError };

export function outcomeOf<T>(call: () => T): Outcome<T> {
  try {
    return { value: call() };
  } catch (error) {
    if (error instanceof GpuBuddyError) return { code: error.code, error };
    if (error instanceof RangeError && 'code' in error) return { code: String(error.code), error };
    throw error;
  }
}

export function codeOf(outcome: Outcome<unknown>): string | undefined {
  return 'code' in outcome ? outcome.code : undefined;
}
