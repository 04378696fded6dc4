// Prints what native/sources.json lists under the names given, one entry a line: how binding.gyp reads it.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const sources = JSON.parse(readFileSync(new URL('../native/sources.json', import.meta.url), 'utf8'));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { prefix: { type: 'string', default: '' } },
});

for (const entry of positionals.flatMap((name) => sources[name])) console.log(values.prefix + entry);
