/** Knows the file that the environment names. */
import { resolve } from 'node:path';

/** The addon that GPU_BUDDY_ADDON names, whatever it is called and wherever it lies; `undefined` where it names none. */
export const namedFile = fileNamed(environment());

function fileNamed(name: string | undefined): string | undefined {
  return name ? resolve(name) : undefined;
}

/** Deno lets nobody read the environment who has no leave to: then nothing is named. */
function environment(): string | undefined {
  try {
    return process.env['GPU_BUDDY_ADDON'];
  } catch {
    return undefined;
  }
}
