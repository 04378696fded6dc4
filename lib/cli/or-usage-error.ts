/** Turns errors of the library into errors of the command line. */
import { GpuBuddyError } from '../errors';
import { UsageError } from './usage-error';

/** Rejects with a UsageError in place of a RangeError, a TypeError of an argument, or a GpuBuddyError */
export async function orUsageError<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const isArgument = error instanceof RangeError || (error instanceof TypeError && 'code' in error);
    if (isArgument || error instanceof GpuBuddyError) throw new UsageError(optionNames(error.message));
    throw error;
  }
}

/** Names options as they stand on a command line. */
function optionNames(message: string): string {
  return message.replace(/"(?:policy|options)\.(\w+)"( argument)?/, (_, name: string) => {
    return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  });
}
