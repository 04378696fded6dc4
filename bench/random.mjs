/** Random numbers that are the same in every run, and the same as those of c/random.h. */

export const SEED = 0x9e3779b9;

/** The number after this one, a signed integer of 32 bits: xorshift32. @param {number} state */
export function nextRandom(state) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state;
}
