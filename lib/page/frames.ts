/**
 * Writes and reads the frames of `effects/N`: the length of the payload in bytes (u32, little endian), a type (u8), the payload.
 * Runs in Node and in the page's worker.
 */

/** Types of frames. Payloads are JSON where nothing else is said. */
export const FrameType = {
  /** Effects of some steps: a frame of lib/trace/effects. It counts on from the one before, or begins after RESET. */
  EFFECTS: 1,
  /** Forget everything: the effects begin anew, with all that lives. No payload. */
  RESET: 2,
  /** The recording has ended; live, the starting state is whole. No payload. */
  COMPLETE: 3,
  /** `Progress`: how much of a recording is read. */
  PROGRESS: 4,
  /** `Failure`: the stream ends here. */
  FAILED: 5,
  /** `Tick`: live, at least every two seconds, also where nothing happens. */
  TICK: 6,
} as const;

export type FrameTypeNumber = (typeof FrameType)[keyof typeof FrameType];

export interface Progress {
  readonly done: number;
  /** `null`: nobody knows. */
  readonly whole: number | null;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface Tick {
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Frame {
  readonly type: number;
  readonly payload: Uint8Array;
}

const HEADER_LENGTH = 5;

const NOTHING = new Uint8Array(0);

/** Gives a frame as bytes, of a binary payload. */
export function frame(type: FrameTypeNumber, payload: Uint8Array = NOTHING): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + payload.length);
  new DataView(bytes.buffer).setUint32(0, payload.length, true);
  bytes[4] = type;
  bytes.set(payload, HEADER_LENGTH);
  return bytes;
}

/** Gives a frame as bytes, of a payload in JSON. */
export function jsonFrame(type: FrameTypeNumber, payload: Progress | Failure | Tick): Uint8Array {
  return frame(type, new TextEncoder().encode(JSON.stringify(payload)));
}

/** Parses the payload of a frame of JSON. */
export function jsonOf({ payload }: Frame): unknown {
  return JSON.parse(new TextDecoder().decode(payload));
}

/** Puts frames together from bytes that are cut anywhere. */
export class FrameReader {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** Gives the frames that the bytes complete. Payloads may be parts of the given bytes. */
  *read(bytes: Uint8Array): Generator<Frame, undefined> {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    for (let size = this.#frameSize(); size !== undefined && size <= this.#length; size = this.#frameSize()) {
      const whole = this.#joined();
      this.#pieces = [whole.subarray(size)];
      this.#length -= size;
      yield { type: whole[4] ?? 0, payload: whole.subarray(HEADER_LENGTH, size) };
    }
    return undefined;
  }

  /** Whether bytes of a frame are there that is not whole. */
  get isInside(): boolean {
    return this.#length > 0;
  }

  /** Bytes of the next frame with its header; `undefined` where not even that is there. */
  #frameSize(): number | undefined {
    if (this.#length < HEADER_LENGTH) return undefined;
    if ((this.#pieces[0]?.length ?? 0) < HEADER_LENGTH) this.#pieces = [this.#joined()];
    const [first = NOTHING] = this.#pieces;
    return HEADER_LENGTH + new DataView(first.buffer, first.byteOffset).getUint32(0, true);
  }

  #joined(): Uint8Array {
    const [first = NOTHING, ...more] = this.#pieces;
    if (more.length === 0) return first;
    const joined = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }
}
