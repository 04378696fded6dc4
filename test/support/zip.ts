/** Makes zips, good ones and others. */
import { crc32, deflateRawSync } from 'node:zlib';

const DEFLATE = 8;

/**
 * Gives a zip of files, by their names.
 *
 * @param uncompressedSize what it says of each file, in place of the truth
 */
export function zipOf(
  files: Readonly<Record<string, string>>,
  { uncompressedSize }: { readonly uncompressedSize?: number } = {},
): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const fields = Buffer.alloc(22);
    fields.writeUInt16LE(DEFLATE, 4);
    fields.writeUInt32LE(crc32(text), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(uncompressedSize ?? Buffer.byteLength(text), 18);
    const lengths = Buffer.alloc(4);
    lengths.writeUInt16LE(Buffer.byteLength(name), 0);
    const common = [fields.subarray(2), lengths];
    const local = Buffer.concat([
      Buffer.from('PK\u0003\u0004\u0014\u0000'),
      ...common,
      Buffer.from(name),
      data,
    ]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    entries.push(
      Buffer.concat([
        Buffer.from('PK\u0001\u0002\u0014\u0000\u0014\u0000'),
        ...common,
        rest,
        Buffer.from(name),
      ]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
