/** The addon of this checkout, whichever way it was built, and its twin for tests beside it. */
import { dirname, join } from 'node:path';
import { binariesIn } from '../../lib/addon/places';

const root = join(__dirname, '../..');

/** `npm ci` has built it. */
export const builtAddon = binariesIn(root)[0] ?? join(root, 'build/Release/gpu_buddy.node');

/** Lets faults be provoked. */
export const builtTestAddon = join(dirname(builtAddon), 'gpu_buddy_test.node');
