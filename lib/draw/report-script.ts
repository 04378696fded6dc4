/** Finds the script of reports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemReason } from '../trace/system-reason';

/** Built from lib/draw/page/ by `npm run build -- lib`: from here, and from dist/chunks/, it has the same path. */
const SCRIPT = join(__dirname, '../../dist/draw/report-page.js');

/** Gives the script, such that it can stand in a page. @throws Error `ERR_GPU_BUDDY_NO_PAGE` where it is missing, in a bundle for example */
export function reportScript(): string {
  try {
    return readFileSync(SCRIPT, 'utf8').replaceAll('</script', '<\\/script');
  } catch (error) {
    const message = `The script of reports, ${SCRIPT}, can't be read: ${systemReason(error)}`;
    throw Object.assign(new Error(message, { cause: error }), { code: 'ERR_GPU_BUDDY_NO_PAGE' });
  }
}
