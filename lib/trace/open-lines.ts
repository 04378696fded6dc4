/** Opens a file, or standard input, for reading line by line; decompresses by the ending of the name. */
import { createReadStream, statSync } from 'node:fs';
import { pipeline, type Duplex, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { LineReader } from './line-reader';

/** Larger ones are no faster: what they hold outlives the cheap garbage collections. */
const CHUNK_SIZE = 64 * 1024;

/** How to open lines. */
export interface OpenLinesOptions {
  /** Bytes of the longest line that is accepted. Default: 64 KiB, far more than an operation takes. */
  readonly maxLineLength?: number | undefined;
  /** Called now and then with the bytes read from the file, before decompression, and its size; 0 where unknown. */
  readonly onProgress?: ((bytesRead: number, size: number) => void) | undefined;
}

/**
 * Opens a file of lines; `.gz` and `.br` are decompressed on the way. Reading is streamed: memory does not grow with the
 * file. Dispose of the reader where it is not read to its end. A file that cannot be opened is an error of the first
 * `fill()`.
 */
export function openLines(path: string, { maxLineLength, onProgress }: OpenLinesOptions = {}): LineReader {
  const file = createReadStream(path, { highWaterMark: CHUNK_SIZE });
  const size = onProgress ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0;
  const source = decompressed(file, path);
  // The reader gets the error. Without a listener the event, which may come earlier, would end the process.
  source.on('error', () => undefined);
  return new LineReader(source, path, {
    maxLineLength,
    onProgress:
      onProgress &&
      (() => {
        onProgress(file.bytesRead, size);
      }),
    onClose: () => source.destroy(),
  });
}

function decompressed(file: Readable, path: string): Readable {
  const decompressor = decompressorFor(path);
  // The error of either reaches the reader through the last one.
  return decompressor ? pipeline(file, decompressor, () => undefined) : file;
}

function decompressorFor(path: string): Duplex | undefined {
  if (path.endsWith('.gz')) return createGunzip({ chunkSize: CHUNK_SIZE });
  if (path.endsWith('.br')) return createBrotliDecompress({ chunkSize: CHUNK_SIZE });
  return undefined;
}
