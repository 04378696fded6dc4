/** Opens the one file in a zip. */
import type * as Yauzl from 'yauzl';
import { TraceError } from '../trace-error';
import { ByteSource } from './byte-source';

/** A zip that grows beyond this, and by more than that, is taken for one that was made to fill disks. */
const MAX_TRUSTED_SIZE = 2 ** 30;
const MAX_RATIO = 200;

/**
 * Opens the file in a zip for reading. Never gives more bytes than the zip says.
 *
 * @param content a file descriptor, or the bytes of the zip
 * @param name what errors call the zip
 * @throws TraceError if the zip is damaged, holds no file or several, or grows beyond measure
 */
export async function openZipEntry(content: number | Buffer, name: string): Promise<ByteSource> {
  const fail = (reason: string, cause?: unknown) => new TraceError({ file: name }, reason, { cause });
  const { fromBufferPromise, fromFdPromise } = await loadYauzl(name);
  try {
    const zip =
      typeof content === 'number'
        ? await fromFdPromise(content, { autoClose: false })
        : await fromBufferPromise(content);
    const files: Yauzl.Entry[] = [];
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/')) files.push(entry);
      if (files.length > 1) break;
    }
    const [file] = files;
    if (!file || files.length > 1)
      throw fail(`the zip holds ${file ? 'several files' : 'no file'}: one is imported at a time`);
    if (file.uncompressedSize > MAX_TRUSTED_SIZE && file.uncompressedSize > MAX_RATIO * file.compressedSize)
      throw fail(
        `the zip would grow ${MAX_RATIO}-fold, to ${file.uncompressedSize} bytes: unpack it by hand`,
      );
    return new ByteSource(await zip.openReadStreamPromise(file), file.uncompressedSize);
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw fail(`the zip cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

async function loadYauzl(name: string): Promise<typeof Yauzl> {
  try {
    return await import('yauzl');
  } catch (cause) {
    throw new TraceError(
      { file: name },
      'reading a zip needs the package yauzl: `npm install yauzl`, or unpack the file first',
      { cause },
    );
  }
}
