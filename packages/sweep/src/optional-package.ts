/** Loads packages that only some commands need, and that a user may not have installed. */
import { SweepError } from './sweep-error.js';

/** Loads a package. @throws SweepError `ERR_SWEEP_MISSING_PACKAGE` */
export async function loadPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SweepError('ERR_SWEEP_MISSING_PACKAGE', `this needs a package: npm install ${name}`, error);
  }
}
