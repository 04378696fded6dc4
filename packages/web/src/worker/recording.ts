/** A recording that grows while it is read: its table of effects, moments by line and by time, and curves. */
import { EffectsTable, type EffectsSpace } from '../../../../lib/trace/effects/effects-table';
import { StepKind } from '../../../../lib/trace/effects/frame';
import type { ClockUnit, ClockValue, Curve } from '../messages';

export class Recording {
  readonly table = new EffectsTable();
  /** Times that never go back: some threads write late what they did. */
  #times = new Float64Array(1024);
  #timesLength = 0;
  #peakStep = 0;
  /** Steps that were looked at for the peak. */
  #peakSteps = 0;

  /** Steps that were read. */
  get length(): number {
    return this.table.steps.length;
  }

  /** The first step after which the most bytes are in use. */
  get peakStep(): number {
    const { used } = this.table.steps.columns;
    for (; this.#peakSteps < this.length; this.#peakSteps++)
      if ((used[this.#peakSteps] ?? 0) > (used[this.#peakStep] ?? 0)) this.#peakStep = this.#peakSteps;
    return this.#peakStep;
  }

  /** Adds a frame of effects. @throws RangeError where it is none */
  append(frame: Uint8Array): void {
    this.table.append(frame);
    this.#extendTimes();
  }

  /** Steps that are done at a moment. */
  stepsAt({ unit, value }: ClockValue): number {
    if (unit === 'line') return this.table.stepAtLine(value) + 1;
    return countUpTo(this.#times, this.#timesLength, value);
  }

  /** The moment of a step. */
  clockOf(step: number, unit: ClockUnit): number {
    return (unit === 'line' ? this.table.steps.columns.line[step] : this.#times[step]) ?? 0;
  }

  /** The space that an allocator has when so many steps are done; `undefined` before its first, and after its end. */
  spaceAt(steps: number, allocator: number): EffectsSpace | undefined {
    const { kind, space } = this.table.steps.columns;
    const index = this.table.spaces.findLastIndex(
      (one) => one.allocator === allocator && one.firstStep < steps,
    );
    const found = this.table.spaces[index];
    if (!found) return undefined;
    const end = this.#ends.get(index) ?? this.#endOf(index, kind, space);
    return end < steps ? undefined : found;
  }

  /** The step that ends each space, where it was read. */
  readonly #ends = new Map<number, number>();
  #endsSteps = 0;

  #endOf(index: number, kinds: Uint8Array, spaces: Uint32Array): number {
    for (; this.#endsSteps < this.length; this.#endsSteps++)
      if (kinds[this.#endsSteps] === StepKind.END)
        this.#ends.set((spaces[this.#endsSteps] ?? 0) - 1, this.#endsSteps);
    return this.#ends.get(index) ?? Infinity;
  }

  /** The numbers of the allocators, in ascending order. */
  get allocators(): number[] {
    return [...new Set(this.table.spaces.map(({ allocator }) => allocator))].sort((a, b) => a - b);
  }

  /** Draws what an allocator has in use over the whole clock, by the most of each point, and where allocations failed. */
  curve(unit: ClockUnit, points: number, allocator: number): Curve {
    const { used, space } = this.table.steps.columns;
    const isOf = this.table.spaces.map((one) => one.allocator === allocator);
    const last = this.clockOf(this.length - 1, unit);
    const first = this.clockOf(0, unit);
    const scale = points / Math.max(1, last - first);
    const pointOf = (step: number): number =>
      Math.min(points - 1, Math.floor((this.clockOf(step, unit) - first) * scale));
    const most = new Float64Array(points).fill(-1);
    for (let step = 0; step < this.length; step++) {
      if (!isOf[(space[step] ?? 0) - 1]) continue;
      const point = pointOf(step);
      most[point] = Math.max(most[point] ?? 0, used[step] ?? 0);
    }
    const at: number[] = [];
    const curve: number[] = [];
    most.forEach((bytes, point) => {
      if (bytes < 0) return;
      at.push(first + point / scale);
      curve.push(bytes);
    });
    const failed = new Set<number>();
    const failures: number[] = [];
    for (const { step } of this.table.failures) {
      const point = pointOf(step);
      if (!failed.has(point)) failures.push(this.clockOf(step, unit));
      failed.add(point);
    }
    return { at, used: curve, failures };
  }

  #extendTimes(): void {
    const { time } = this.table.steps.columns;
    if (this.#times.length < time.length) {
      const larger = new Float64Array(time.length);
      larger.set(this.#times);
      this.#times = larger;
    }
    for (; this.#timesLength < this.length; this.#timesLength++)
      this.#times[this.#timesLength] = Math.max(
        this.#timesLength > 0 ? (this.#times[this.#timesLength - 1] ?? 0) : 0,
        time[this.#timesLength] ?? 0,
      );
  }
}

/** How many of the first values are not above a limit; they ascend. */
function countUpTo(values: Float64Array, length: number, limit: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
