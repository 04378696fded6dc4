/** The event loop as it was when the package was loaded: later, a test's fake clock may stand in its place. */
import * as timers from 'node:timers';

export const setImmediate = timers.setImmediate;
