/** Locks a file against other processes. A lock whose process was killed ends by itself some seconds later. */
import { lock } from 'proper-lockfile';
import { SweepError } from '../sweep-error.js';

/** Milliseconds after which a lock that nobody renews has ended. */
const STALE_MS = 5000;

/**
 * Takes a lock, `FILE.lock`; gives its release.
 *
 * @param onWait is called where another process has it, before waiting whether that one lives
 * @param onLost is called where the lock was taken away: this machine was asleep
 * @throws SweepError `ERR_SWEEP_LOCKED`
 */
export async function lockFile(
  file: string,
  onWait: () => void,
  onLost: (error: Error) => void,
): Promise<() => Promise<void>> {
  const take = (retries: number) =>
    lock(file, {
      realpath: false,
      stale: STALE_MS,
      update: STALE_MS / 5,
      retries: { retries, factor: 1, minTimeout: 500, maxTimeout: 500 },
      onCompromised: onLost,
    });
  try {
    return await take(0);
  } catch (error) {
    if (!isLocked(error)) throw error;
  }
  onWait();
  try {
    return await take((2 * STALE_MS) / 500 + 2);
  } catch (error) {
    if (isLocked(error))
      throw new SweepError('ERR_SWEEP_LOCKED', `${file}: another process writes to it`, error);
    throw error;
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ELOCKED';
}
