/** The space of an allocator: its unit and its numbers, and what the documentation says about spaces that can't be had. */

export const U64_END = 1n << 64n;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Bytes of the smallest chunk that the kernel knows. */
const KERNEL_CHUNK = 4096n;

/** The addresses from `start` on, up to `end`, which is excluded. */
export interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

/** The space that is managed, in bytes. */
export interface Space {
  readonly baseOffset: bigint;
  readonly chunkSize: bigint;
  /** A multiple of the chunk size. */
  readonly size: bigint;
}

/** A space as a program asks for it. */
export interface SpaceRequest extends Space {
  /** Whole chunks, and maybe a rest. */
  readonly size: bigint;
  readonly bigint: boolean;
}

/** Tells by how much the kernel's bytes are larger than the user's. */
export function scaleOf({ chunkSize }: Pick<Space, 'chunkSize'>): bigint {
  return chunkSize < KERNEL_CHUNK ? KERNEL_CHUNK / chunkSize : 1n;
}

/** Leaves out the rest behind the last chunk. */
export function managed({ baseOffset, chunkSize, size }: SpaceRequest): Space {
  return { baseOffset, chunkSize, size: size - (size % chunkSize) };
}

/** Tells whether addresses, the end among them, exceed what numbers hold exactly. */
export function needsBigint(request: Omit<SpaceRequest, 'bigint'>): boolean {
  const { baseOffset, size } = managed({ ...request, bigint: false });
  return baseOffset + size > MAX_SAFE;
}

/** Tells whether the answer is `EINVAL`. */
export function isRefusedSpace(request: SpaceRequest): boolean {
  const { baseOffset, size, bigint } = request;
  if (baseOffset + size >= U64_END || size * scaleOf(request) >= U64_END) return true;
  return !bigint && needsBigint(request);
}
