/** Files of JSON lines that a process may have been killed in the middle of writing. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
} from 'node:fs';
import { SweepError } from '../sweep-error.js';

const LINE_FEED = 10;

/** Gives the lines of a file that have an end; none where there is no file. */
export function readWholeLines(file: string): string[] {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  return bytes.toString('utf8', 0, wholeLength(bytes)).split('\n').slice(0, -1);
}

/** Cuts off a last line that has no end. */
export function dropTornLine(file: string): void {
  if (!existsSync(file)) return;
  const bytes = readFileSync(file);
  const length = wholeLength(bytes);
  if (length < bytes.length) truncateSync(file, length);
}

function wholeLength(bytes: Buffer): number {
  return bytes.lastIndexOf(LINE_FEED) + 1;
}

/** Parses a line. @throws SweepError `ERR_SWEEP_RESULTS` */
export function parseLine(line: string, file: string, index: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new SweepError('ERR_SWEEP_RESULTS', `${file}:${index + 1}: is no JSON`, error);
  }
}

/** Appends lines; each stands in the file when `add()` returns, also if the process is killed then. */
export class JsonLines implements Disposable {
  readonly #handle: number;
  #isTorn = false;

  constructor(file: string) {
    this.#handle = openSync(file, 'a');
  }

  /** Appends a line. After one that was written by half (the disk is full), no more are written, so that it stays the last one. */
  add(line: string): void {
    if (this.#isTorn) throw new SweepError('ERR_SWEEP_RESULTS', 'a line could not be written: no more are');
    this.#isTorn = true;
    appendFileSync(this.#handle, `${line}\n`);
    this.#isTorn = false;
  }

  [Symbol.dispose](): void {
    closeSync(this.#handle);
  }
}

/** Replaces a file by other lines in one step. */
export function replaceLines(file: string, lines: Iterable<string>): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = openSync(temporary, 'w');
  try {
    let text = '';
    for (const line of lines) {
      text += `${line}\n`;
      if (text.length < 65_536) continue;
      appendFileSync(handle, text);
      text = '';
    }
    appendFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
}
