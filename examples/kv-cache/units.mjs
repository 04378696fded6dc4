/** The sizes that all parts of the simulation agree on: Llama 3 8B, whose 16-bit keys and values take 128 KiB a token. */
import { SZ_128K, SZ_2M } from 'gpu-buddy';

/** Bytes of a page: the smallest piece of the cache that is handed out. */
export const PAGE_SIZE = SZ_2M;

/** Bytes of one token's keys and values: 32 layers, 8 heads of 128 numbers, 2 bytes each, once for keys and once for values. */
const TOKEN_SIZE = SZ_128K;

/** Tokens whose keys and values fill a page. */
export const PAGE_TOKENS = PAGE_SIZE / TOKEN_SIZE;

/** Seconds of a decoding step, in which every running sequence gets one more token. */
export const STEP_SECONDS = 0.025;

/** Gives the bytes of the pages that hold so many tokens. @param {number} tokens */
export function bytesOf(tokens) {
  return Math.ceil(tokens / PAGE_TOKENS) * PAGE_SIZE;
}
