/** Makes lib/ load the addon in which faults can be provoked. Imported before anything that loads lib/. */
import { join } from 'node:path';

/** `npm run test:asan` brings its own. */
export const testAddon =
  process.env['GPU_BUDDY_ADDON'] ?? join(__dirname, '../../build/Release/gpu_buddy_test.node');

process.env['GPU_BUDDY_ADDON'] = testAddon;
