import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

/** Makes an empty folder, which is removed after the tests of this file. Its path is real, and short enough for a socket in it. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'gpu-buddy-sweep-')));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Writes a specification; gives its path. */
export function writeSpecification(folder: string, specification: object, name = 'spec.json'): string {
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify(specification));
  return file;
}
