/** Tells the page of `gpu-buddy view` and `gpu-buddy/inspect` which recordings, or which allocator, it shows: the answer to `session`. */

/** The version of these types, of the frames, and of the effects in them. */
export const PAGE_PROTOCOL = 1;

/** One map of the page. */
export interface PageSource {
  /** File or allocator. */
  readonly name: string;
  /** The policy under which a recording is served, where it is not replayed as it was recorded. */
  readonly policy?: string | undefined;
  /** Address of the first byte of the space; 0 where it is left out. A decimal string where it is no safe integer. */
  readonly baseOffset?: number | string | undefined;
  /** Release of Linux whose allocator answers. */
  readonly kernel?: string | undefined;
}

/** Content of the page. The frames of the source of index N are the answer to `effects/N`. */
export interface PageSession {
  readonly protocol: typeof PAGE_PROTOCOL;
  /** `file`: the streams end; `live`: they go on, and the page connects again when one breaks. */
  readonly kind: 'file' | 'live';
  /** One source, or two side by side. */
  readonly sources: readonly PageSource[];
}
