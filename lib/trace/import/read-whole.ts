/** Reads recordings that must be in memory as a whole, since JSON is. */
import { TraceError } from '../trace-error';
import type { Recording } from './recording';

/** @throws TraceError where it is longer than `maxSize` bytes */
export async function readWhole(
  recording: Recording,
  maxSize: number,
  onProgress?: (done: number, whole: number) => void,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  using source = await recording.read();
  for await (const chunk of source) {
    parts.push(chunk);
    size += chunk.length;
    if (size > maxSize) throw new TraceError({ file: recording.name }, `is longer than ${maxSize} bytes`);
    onProgress?.(source.done, source.whole);
  }
  return Buffer.concat(parts);
}
