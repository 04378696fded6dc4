import { afterAll, beforeAll } from '@jest/globals';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes an empty folder. Its path is real, as programs find it that look for themselves. */
export function makeTemporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'gpu-buddy-test-')));
}

/** Gives the tests of a file or a `describe` an empty folder, and removes it after them. Returns what joins names to its path. */
export function temporaryFolder(): (...names: readonly string[]) => string {
  let path: string;
  beforeAll(() => {
    path = makeTemporaryFolder();
  });
  afterAll(() => {
    rmSync(path, { recursive: true });
  });
  return (...names) => join(path, ...names);
}
