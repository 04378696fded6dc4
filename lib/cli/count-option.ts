/** Numbers on a command line. */
import { UsageError } from './usage-error';

/** A decimal number. @throws UsageError */
export function toCount(option: string, text: string, least = 0): number {
  if (!/^\d{1,15}$/.test(text) || Number(text) < least)
    throw new UsageError(`${option} takes a number from ${String(least)} on, not "${text}"`);
  return Number(text);
}
