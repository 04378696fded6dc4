/** Reads recorded answers: `ERRNO [BLOCK...] avail=A clear_avail=C [warn=N]`. */

/** ENOSPC of the kernel, on every system. */
export const NO_SPACE = -28;

/** An answer, recorded or from a replay. */
export interface Answer {
  /** Error number: 0, or negative; NaN for an error of the library, which has no number. */
  readonly errno: number;
  /** Free bytes after the operation; `undefined` where the answer does not tell. */
  readonly avail: number | undefined;
  /** Bytes of all blocks in the answer. */
  bytes(chunkSize: number): number;
}

export function answerOf(text: string): Answer {
  const [first = ''] = text.split(' ', 1);
  const [, avail] = / avail=(0x[0-9a-f]+|\d+)/.exec(text) ?? [];
  return {
    errno: Number(first),
    avail: avail === undefined ? undefined : Number(avail),
    bytes: (chunkSize) => {
      let chunks = 0;
      for (const [, order] of text.matchAll(/ 0x[0-9a-f]+:(\d+):/g)) chunks += 2 ** Number(order);
      return chunks * chunkSize;
    },
  };
}
