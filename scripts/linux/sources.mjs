// native/sources.json for another series of the kernel: its file, its headers, and the folder of native/linux/ that leads to it.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param {string} root the folder that holds native/ and vendor/
 * @param {import('./manifest.mjs').Manifest} manifest
 * @returns {Record<string, string[]>} the lists of native/sources.json
 */
export function sourcesOf(root, { series, source, interface: seam }) {
  const sources = JSON.parse(readFileSync(path.join(root, 'native/sources.json'), 'utf8'));
  const includes = sources.includes.map((/** @type {string} */ folder) =>
    folder
      .replace(/^native\/linux\/.*/, `native/linux/${seam}`)
      .replace(/^vendor\/linux\/[^/]+/, `vendor/linux/${series}`),
  );
  return { ...sources, includes, linux: [`vendor/linux/${series}/${source}`] };
}
