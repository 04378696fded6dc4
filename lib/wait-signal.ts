/** The signal that ends a wait. */
import { invalidArgType } from './errors';

/** The part of `AbortSignal` that is used here, since not every program has its type. */
export interface WaitSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Checks an option that may be left out. */
export function toSignal(value: unknown): WaitSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || !('aborted' in value))
    throw invalidArgType('signal', 'an instance of AbortSignal', value);
  return value as WaitSignal;
}
