/** Makes lib/ load the addon in which faults can be provoked. Imported before anything that loads lib/. */
import { builtTestAddon } from './built-addon';

/** `npm run test:asan` brings its own. */
export const testAddon = process.env['GPU_BUDDY_ADDON'] ?? builtTestAddon;

process.env['GPU_BUDDY_ADDON'] = testAddon;
