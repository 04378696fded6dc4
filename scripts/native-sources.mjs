// Prints what native/sources.json lists under the names given, one entry a line: how binding.gyp reads it.
import { readFileSync } from 'node:fs';

const sources = JSON.parse(readFileSync(new URL('../native/sources.json', import.meta.url), 'utf8'));

for (const name of process.argv.slice(2)) console.log(sources[name].join('\n'));
