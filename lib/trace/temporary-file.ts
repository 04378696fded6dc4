/** Makes files without a name: nothing is left behind, however the process ends. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Opens a new, empty file in the folder for temporary files, to write and to read. */
export async function openTemporaryFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'gpu-buddy-'));
  try {
    return await open(join(folder, 'trace'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}
