/** Reads text as Windows and others write it: UTF-8, or UTF-16, with or without a byte order mark. */

/** Decodes bytes by their byte order mark, or else by the zero that an ASCII letter has in UTF-16. Invalid bytes become U+FFFD. */
export function decodeText(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return bytes.toString('utf16le', 2);
  if (first === 0xfe && second === 0xff) return swapped(bytes.subarray(2)).toString('utf16le');
  if (first !== 0 && second === 0) return bytes.toString('utf16le');
  if (first === 0 && second !== 0) return swapped(bytes).toString('utf16le');
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** Swaps the bytes, and drops half a letter at the end. */
function swapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2))).swap16();
}
