/**
 * The results of a sweep, in three files: FILE.jsonl has a line for each job, and is the same byte for byte wherever the jobs ran;
 * FILE.times.jsonl tells how long each took, and where; FILE.failed.jsonl lists the jobs that were set aside.
 */
import { rmSync } from 'node:fs';
import { jobAt, jobText, numbersByKey } from '../plan/job.js';
import type { Sweep } from '../plan/sweep.js';
import { checkRow, type Row } from '../replay/row.js';
import { SweepError } from '../sweep-error.js';
import { dropTornLine, JsonLines, parseLine, readWholeLines, replaceLines } from './json-lines.js';
import { lockFile } from './lock-file.js';

/** Host and times of a job. */
export interface RunTimes {
  readonly host: string;
  /** Seconds that the allocator took, and those from the start of the job to its end. */
  readonly seconds: number;
  readonly elapsed: number;
}

/** How results are opened. */
export interface ResultsOptions {
  readonly onWait: () => void;
  /** Called where the lock was lost: nothing may be written any more. */
  readonly onLost: (error: Error) => void;
}

export class Results implements AsyncDisposable {
  readonly #file: string;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #sweep: Sweep;
  readonly #lines: Map<string, string>;
  readonly #unlock: () => Promise<void>;
  readonly #rows: JsonLines;
  readonly #times: JsonLines;
  /** Lines of failed jobs by their number. */
  readonly #failures = new Map<number, string>();

  /**
   * Opens the results of a sweep, and keeps those that are there already. A torn last line is dropped.
   *
   * @throws SweepError `ERR_SWEEP_RESULTS` where a line is damaged, or of another sweep; `ERR_SWEEP_LOCKED`
   */
  static async open(file: string, sweep: Sweep, { onWait, onLost }: ResultsOptions): Promise<Results> {
    const unlock = await lockFile(file, onWait, onLost);
    try {
      const numbers = numbersByKey(sweep);
      for (const lines of [file, filesBeside(file).times]) dropTornLine(lines);
      return new Results(file, sweep, numbers, readKnown(file, numbers), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  private constructor(
    file: string,
    sweep: Sweep,
    numbers: ReadonlyMap<string, number>,
    lines: Map<string, string>,
    unlock: () => Promise<void>,
  ) {
    this.#file = file;
    this.#sweep = sweep;
    this.#numbers = numbers;
    this.#lines = lines;
    this.#unlock = unlock;
    this.#rows = new JsonLines(file);
    this.#times = new JsonLines(filesBeside(file).times);
  }

  /** Jobs that have a line, and those of the whole sweep. */
  get done(): number {
    return this.#lines.size;
  }

  get whole(): number {
    return this.#numbers.size;
  }

  get failed(): number {
    return this.#failures.size;
  }

  has(key: string): boolean {
    return this.#lines.has(key);
  }

  /** Writes a line, unless the job has one: a queue may have a job done twice. */
  add(row: Row, times: RunTimes): void {
    this.#numberOf(row.key);
    if (this.#lines.has(row.key)) return;
    const line = JSON.stringify(row);
    this.#rows.add(line);
    this.#lines.set(row.key, line);
    this.#times.add(JSON.stringify({ key: row.key, ...times }));
  }

  /** Notes a job that was set aside. */
  addFailed(key: string, message: string): void {
    const number = this.#numberOf(key);
    this.#failures.set(number, JSON.stringify({ key, job: jobText(jobAt(this.#sweep, number)), message }));
  }

  /** Sorts the lines: by trace, kernel, mode, smallest block, size and seed, each in the order of the specification. */
  sort(): void {
    const order = [...this.#numbers.keys()];
    replaceLines(
      this.#file,
      order.flatMap((key) => this.#lines.get(key) ?? []),
    );
  }

  /** Closes the files, lists the failed jobs, if there are any, and gives the lock back. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const lines of [this.#rows, this.#times]) lines[Symbol.dispose]();
    const { failed } = filesBeside(this.#file);
    const numbers = [...this.#failures.keys()].sort((one, other) => one - other);
    if (numbers.length === 0) rmSync(failed, { force: true });
    else
      replaceLines(
        failed,
        numbers.flatMap((number) => this.#failures.get(number) ?? []),
      );
    // A lock that was lost is another process's.
    await this.#unlock().catch(() => undefined);
  }

  #numberOf(key: string): number {
    const number = this.#numbers.get(key);
    if (number === undefined) throw new SweepError('ERR_SWEEP_RESULTS', `the sweep has no job ${key}`);
    return number;
  }
}

/** Gives the names of the second and third file. */
export function filesBeside(file: string): { times: string; failed: string } {
  const base = file.replace(/\.jsonl$/, '');
  return { times: `${base}.times.jsonl`, failed: `${base}.failed.jsonl` };
}

/** Reads the lines of a results file. @throws SweepError `ERR_SWEEP_RESULTS` */
export function readRows(file: string): Row[] {
  return readWholeLines(file).map((line, index) =>
    checkRow(parseLine(line, file, index), `${file}:${index + 1}`),
  );
}

function readKnown(file: string, numbers: ReadonlyMap<string, number>): Map<string, string> {
  const lines = new Map<string, string>();
  for (const [index, line] of readWholeLines(file).entries()) {
    const { key } = checkRow(parseLine(line, file, index), `${file}:${index + 1}`);
    if (!numbers.has(key))
      throw new SweepError(
        'ERR_SWEEP_RESULTS',
        `${file}:${index + 1}: is of another sweep: choose another file by -o`,
      );
    lines.set(key, line);
  }
  return lines;
}
