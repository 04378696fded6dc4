/** Reads times of day, and counts on where midnight turns them back. */
import { toDecimal } from './scan';

const SECOND = 1e9;
const MINUTE = 60 * SECOND;
const DAY = 24 * 3600 * SECOND;

export class TimeOfDay {
  #first: number | undefined;
  #last = 0;
  #days = 0;
  #hasTurned = false;

  /** Whether midnight came just before the time that was read last. */
  get hasTurned(): boolean {
    return this.#hasTurned;
  }

  /** Reads `HH:MM:SS.ffffff`, or with a colon before the fraction; gives nanoseconds since the first one, or -1. */
  read(text: string, start: number, end: number): number {
    const time = timeOfDay(text, start, end);
    if (time < 0) return -1;
    // Threads log a little out of order, around midnight too: then it is still the day before.
    const isLate = this.#days > 0 && time - this.#last > DAY - MINUTE;
    this.#hasTurned = this.#last - time > DAY / 2;
    if (this.#hasTurned) this.#days++;
    if (!isLate) this.#last = time;
    const whole = (isLate ? this.#days - 1 : this.#days) * DAY + time;
    this.#first ??= whole;
    // A record of before the first one was made by another thread at the same moment.
    return Math.max(0, whole - this.#first);
  }
}

/** Nanoseconds since midnight, or -1. */
function timeOfDay(text: string, start: number, end: number): number {
  const minutes = start + 3;
  const seconds = minutes + 3;
  const fraction = seconds + 3;
  if (text[minutes - 1] !== ':' || text[seconds - 1] !== ':' || fraction - 1 > end) return -1;
  const h = toDecimal(text, start, start + 2);
  const m = toDecimal(text, minutes, minutes + 2);
  const s = toDecimal(text, seconds, seconds + 2);
  const digits = Math.max(0, end - fraction);
  const f = digits === 0 ? 0 : toDecimal(text, fraction, end);
  if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 || f < 0 || digits > 9) return -1;
  return ((h * 60 + m) * 60 + s) * SECOND + f * 10 ** (9 - digits);
}
