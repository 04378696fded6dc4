// A process's streams without a process: what a command writes is kept.
import { run } from '../../lib/cli/run';
import { Readable, Writable } from 'node:stream';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Makes a stream a terminal of that many columns. */
  readonly stdoutColumns?: number;
  readonly stderrColumns?: number;
  /** The error of every write to standard output. */
  readonly stdoutError?: Error;
  /** Is called with each text that is written to standard output. */
  readonly onStdout?: (text: string) => void;
}

class FakeStream extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly #error: Error | undefined;
  readonly #onText: ((text: string) => void) | undefined;

  constructor(
    readonly columns: number | undefined,
    error?: Error,
    onText?: (text: string) => void,
  ) {
    super({ decodeStrings: false });
    this.isTTY = columns !== undefined;
    this.#error = error;
    this.#onText = onText;
  }

  hasColors(): boolean {
    return true;
  }

  override _write(chunk: string, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk;
    this.#onText?.(chunk);
    done(this.#error);
  }
}

/** Runs a command line to its end. */
export async function runCli(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const stdout = new FakeStream(around.stdoutColumns, around.stdoutError, around.onStdout);
  const stderr = new FakeStream(around.stderrColumns);
  const stdin = Readable.from([around.stdin ?? '']);
  const status = await run(args, { stdin, stdout, stderr, env: around.env ?? {} } as Parameters<
    typeof run
  >[1]);
  return { status, stdout: stdout.text, stderr: stderr.text };
}
