/** Holds the one clock of the page: the moment that is shown, and how it moves. */
import type { ClockUnit, ClockValue } from '../messages';

/** Seconds that a recording plays at most, at the speed that is chosen for it. */
const PLAY_SECONDS = 60;

/** Lines a second; of the clock by time, nanoseconds of the recording a millisecond. */
const FACTORS = {
  line: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
  time: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
};

export class Clock {
  unit: ClockUnit = 'line';
  value = 0;
  isPlaying = false;
  /** Whether it stays at the last moment of a running allocator. */
  isFollowing = false;
  #bounds: Record<ClockUnit, readonly [first: number, last: number]> = { line: [0, 0], time: [0, 0] };
  #speeds: Partial<Record<ClockUnit, number>> = {};

  get now(): ClockValue {
    return { unit: this.unit, value: this.value };
  }

  get first(): number {
    return this.#bounds[this.unit][0];
  }

  get last(): number {
    return this.#bounds[this.unit][1];
  }

  get speeds(): readonly number[] {
    return FACTORS[this.unit];
  }

  /** In units a second. */
  get speed(): number {
    const chosen = this.#speeds[this.unit];
    if (chosen !== undefined) return chosen;
    const perSecond = (this.last - this.first) / PLAY_SECONDS;
    const scale = this.unit === 'line' ? 1 : 1000;
    return this.speeds.find((speed) => speed * scale >= perSecond) ?? this.speeds.at(-1) ?? 1;
  }

  set speed(speed: number) {
    this.#speeds[this.unit] = speed;
  }

  /** Makes it go one speed up or down. */
  shiftSpeed(by: number): void {
    const index = this.speeds.indexOf(this.speed) + by;
    this.speed = this.speeds[Math.min(Math.max(index, 0), this.speeds.length - 1)] ?? this.speed;
  }

  /** @param bounds first and last moment of all sources, by lines and by time */
  setBounds(bounds: Record<ClockUnit, readonly [first: number, last: number]>): void {
    this.#bounds = bounds;
    if (this.isFollowing) this.value = this.last;
  }

  /** Goes to a moment, or the nearest that there is. */
  moveTo(value: number): void {
    this.value = Math.min(Math.max(value, 0), this.last);
    if (this.value < this.last) this.isFollowing = false;
  }

  /** Goes on by so many milliseconds. Stops at the end, and says whether it does. */
  advance(milliseconds: number): boolean {
    const scale = this.unit === 'line' ? 1 / 1000 : 1;
    this.moveTo(this.value + milliseconds * scale * this.speed);
    if (this.value >= this.last) this.isPlaying = false;
    return !this.isPlaying;
  }

  /** Counts by the other unit: the caller moves it to the same moment. */
  switchTo(unit: ClockUnit): void {
    this.unit = unit;
    this.isPlaying = false;
  }
}
