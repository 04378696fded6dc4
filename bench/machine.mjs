/** Where the figures come from. */
import { cpus, release, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';

export function machine() {
  const { version } = JSON.parse(
    readFileSync(new URL('../vendor/linux/origin.json', import.meta.url), 'utf8'),
  );
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    buddy: `Linux ${version}`,
  };
}
