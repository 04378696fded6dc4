/** Declares the signal that ends a wait, and checks it. */
import { invalidArgType } from './errors';

/** The part of `AbortSignal` that is used here, since not every program has its type. */
export interface WaitSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Throws the reason if it is aborted. */
  throwIfAborted(): void;
  /** Adds a listener. */
  addEventListener(type: 'abort', listener: () => void): void;
  /** Removes a listener. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Checks an option that may be left out. */
export function toSignal(value: unknown): WaitSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || !('aborted' in value))
    throw invalidArgType('signal', 'an instance of AbortSignal', value);
  return value as WaitSignal;
}
