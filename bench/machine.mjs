/** Where the figures come from. */
import { cpus, release, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest } from '../scripts/linux/manifest.mjs';
import { packageRoot } from '../scripts/run.mjs';

export function machine() {
  const { folder } = Manifest.read(packageRoot);
  const { version } = JSON.parse(readFileSync(join(folder, 'origin.json'), 'utf8'));
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
