/** Gives a command its view of the process: streams and environment. */
import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  /** Characters of a line. */
  readonly columns?: number;
  hasColors?(count?: number, env?: object): boolean;
}

export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}
