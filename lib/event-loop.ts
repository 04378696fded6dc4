/** Keeps the timers of the moment when the package was loaded: a test may replace them by a fake clock later. */
import * as timers from 'node:timers';

export const setImmediate = timers.setImmediate;
