/** Answers what the page asks of a recording: the map of a moment, what is at an address, blocks in the order of addresses. */
import { NEVER, type EffectsFailure, type EffectsSpace } from '../../../../lib/trace/effects/effects-table';
import {
  MOST_OF_LIST,
  type Asked,
  type BlockFacts,
  type ClockValue,
  type Drawing,
  type Extent,
  type FailureFacts,
  type MomentFacts,
  type PlaceFacts,
} from '../messages';
import { addressOrder, lastUpTo } from './address-order';
import { paintMap } from './paint-map';
import { colourer, colourText, kindColour, toColour } from './palette';
import type { Recording } from './recording';

/** The blocks of one allocator at a moment. */
interface Moment {
  readonly steps: number;
  readonly space: EffectsSpace | undefined;
  readonly rows: Uint32Array;
}

/** A row holds so many chunks at the least, but for a part of fewer chunks. */
const CHUNKS_OF_A_ROW = 8;

/** Labels that a legend tells. */
const MOST_LEGEND = 10;

const NO_ROWS = new Uint32Array(0);

export class Observer {
  readonly #recording: Recording;
  readonly #allocator: number;
  #sorted: { readonly steps: number; readonly rows: Uint32Array } | undefined;

  constructor(recording: Recording, allocator: number) {
    this.#recording = recording;
    this.#allocator = allocator;
  }

  draw({ clock, extent, columns, mostRows, colouring, theme }: Asked['draw']['ask']): Drawing {
    const moment = this.#momentAt(clock);
    const { size = 0, chunkSize = 1 } = moment.space ?? {};
    const shown = fit(extent, size, chunkSize);
    const rows = Math.max(1, Math.min(mostRows, Math.ceil(shown.length / chunkSize / CHUNKS_OF_A_ROW)));
    const { table } = this.#recording;
    const { offset, order } = table.blocks.columns;
    const largestOrder = Math.floor(Math.log2(Math.max(1, size / chunkSize)));
    const colours = paintMap(
      columns * rows,
      shown,
      {
        rows: moment.rows,
        offsets: offset,
        orders: order,
        chunkSize,
        colourOf: colourer(table, colouring, moment.steps, largestOrder),
      },
      { free: toColour(theme.free), outside: toColour(theme.outside), spaceSize: size },
    );
    return {
      ...this.#factsOf(moment, clock),
      pixels: new Uint8ClampedArray(colours.buffer),
      columns,
      rows,
      extent: shown,
    };
  }

  place({ clock, address, reach }: Asked['place']['ask']): PlaceFacts {
    const moment = this.#momentAt(clock);
    const sorted = this.#sortedAt(moment);
    const { offset } = this.#recording.table.blocks.columns;
    let index = lastUpTo(offset, sorted, address);
    const covers = (row: number | undefined): row is number =>
      row !== undefined && address < this.#endOf(row);
    const next = sorted[index + 1];
    if (!covers(sorted[index]) && next !== undefined && (offset[next] ?? 0) < address + reach) index++;
    const row = sorted[index];
    const isBlock = covers(row);
    const behind = sorted[index + 1];
    const before = isBlock ? sorted[index - 1] : row;
    const size = moment.space?.size ?? 0;
    const start = before === undefined ? 0 : this.#endOf(before);
    const end = behind === undefined ? size : (offset[behind] ?? 0);
    const list = isBlock ? this.#listOf(sorted, row) : [];
    return {
      block: isBlock ? this.#block(row) : undefined,
      free: isBlock || address >= size ? undefined : { start, length: end - start },
      freedAt: isBlock ? this.#freedAt(row) : undefined,
      ofList: list.slice(0, MOST_OF_LIST),
      listBlocks: list.length,
      listSize: list.reduce((sum, { length }) => sum + length, 0),
      before: before === undefined ? undefined : this.#block(before),
      behind: behind === undefined ? undefined : this.#block(behind),
    };
  }

  blocks({ clock, from, count }: Asked['blocks']['ask']): Asked['blocks']['answer'] {
    const sorted = this.#sortedAt(this.#momentAt(clock));
    const blocks = Array.from(sorted.subarray(from, from + count), (row) => this.#block(row));
    return { total: sorted.length, from, blocks };
  }

  find({ clock, address }: Asked['find']['ask']): number {
    const sorted = this.#sortedAt(this.#momentAt(clock));
    return lastUpTo(this.#recording.table.blocks.columns.offset, sorted, address);
  }

  failure({ clock, isBack }: Asked['failure']['ask']): FailureFacts | undefined {
    const failures = this.#recording.table.failures.filter(({ step }) => this.#isOf(step));
    const clockOf = ({ step }: EffectsFailure) => this.#recording.clockOf(step, clock.unit);
    const found = isBack
      ? failures.findLast((failure) => clockOf(failure) < clock.value)
      : failures.find((failure) => clockOf(failure) > clock.value);
    return found && this.#failure(found);
  }

  step({ clock, isBack }: Asked['step']['ask']): number | undefined {
    const steps = this.#recording.stepsAt(clock);
    if (!isBack)
      return steps < this.#recording.length ? this.#recording.clockOf(steps, clock.unit) : undefined;
    for (let step = steps - 1; step >= 0; step--) {
      const at = this.#recording.clockOf(step, clock.unit);
      if (at < clock.value) return at;
    }
    return undefined;
  }

  legend({ clock, by }: Asked['legend']['ask']): Asked['legend']['answer'] {
    const { rows, space } = this.#momentAt(clock);
    const { blocks, lists, texts } = this.#recording.table;
    const kinds = lists.columns[by];
    const sums = new Map<number, number>();
    for (const row of rows) {
      const kind = kinds[blocks.columns.list[row] ?? 0] ?? 0;
      const bytes = (space?.chunkSize ?? 1) * 2 ** (blocks.columns.order[row] ?? 0);
      sums.set(kind, (sums.get(kind) ?? 0) + bytes);
    }
    const nameOf = (kind: number): string => (by === 'label' ? (texts[kind] ?? '') : `account ${kind}`);
    const sorted = [...sums].sort(([, first], [, second]) => second - first);
    return {
      entries: sorted.slice(0, MOST_LEGEND).map(([kind, bytes]) => ({
        text: kind === 0 ? 'none' : nameOf(kind),
        colour: colourText(kindColour(kind)),
        bytes,
      })),
      others: sorted.slice(MOST_LEGEND).reduce((sum, [, bytes]) => sum + bytes, 0),
    };
  }

  curve({ unit, points }: Asked['curve']['ask']): Asked['curve']['answer'] {
    return this.#recording.curve(unit, points, this.#allocator);
  }

  #momentAt(clock: ClockValue): Moment {
    const steps = this.#recording.stepsAt(clock);
    const space = this.#recording.spaceAt(steps, this.#allocator);
    if (!space) return { steps, space, rows: NO_ROWS };
    return { steps, space, rows: this.#recording.table.liveRows(steps - 1, space) };
  }

  #sortedAt({ steps, rows, space }: Moment): Uint32Array {
    if (this.#sorted?.steps !== steps) {
      const { offset } = this.#recording.table.blocks.columns;
      this.#sorted = { steps, rows: addressOrder(offset, rows, space?.size ?? 0) };
    }
    return this.#sorted.rows;
  }

  #isOf(step: number): boolean {
    return this.#recording.table.spaceAt(step)?.allocator === this.#allocator;
  }

  #factsOf({ steps, space, rows }: Moment, clock: ClockValue): MomentFacts {
    const { table } = this.#recording;
    const { line, time, used, clear } = table.steps.columns;
    let last = steps - 1;
    while (last > 0 && !this.#isOf(last)) last--;
    const failed = table.failures.findLast(({ step }) => step <= last);
    const isNow = failed?.step === last && this.#recording.clockOf(last, clock.unit) === clock.value;
    return {
      line: line[steps - 1] ?? 0,
      time: time[steps - 1] ?? 0,
      size: space?.size ?? 0,
      chunkSize: space?.chunkSize ?? 1,
      baseOffset: space?.baseOffset ?? '0',
      used: space ? (used[last] ?? 0) : 0,
      clear: space ? (clear[last] ?? 0) : 0,
      blocks: rows.length,
      failure: isNow ? this.#failure(failed) : undefined,
    };
  }

  #failure({ step, size, label, code, operation }: EffectsFailure): FailureFacts {
    const { texts, steps } = this.#recording.table;
    return {
      line: steps.columns.line[step] ?? 0,
      time: this.#timeOf(step),
      size: size > 0 ? size : undefined,
      label: textOf(texts, label),
      code: texts[code] ?? '',
      operation: texts[operation] ?? '',
    };
  }

  #block(row: number): BlockFacts {
    const { blocks, lists, steps, texts } = this.#recording.table;
    const list = blocks.columns.list[row] ?? 0;
    const step = blocks.columns.placed[row] ?? 0;
    return {
      offset: blocks.columns.offset[row] ?? 0,
      size: this.#endOf(row) - (blocks.columns.offset[row] ?? 0),
      order: blocks.columns.order[row] ?? 0,
      list: lists.columns.id[list] ?? 0,
      line: steps.columns.line[step] ?? 0,
      time: this.#timeOf(step),
      label: textOf(texts, lists.columns.label[list]),
      account: orNone(lists.columns.account[list]),
      isClear: blocks.columns.clear[row] === 1,
    };
  }

  #timeOf(step: number): number | undefined {
    const { table } = this.#recording;
    return table.hasTimes ? table.steps.columns.time[step] : undefined;
  }

  #freedAt(row: number): number | undefined {
    const { blocks, steps } = this.#recording.table;
    const step = blocks.columns.removed[row] ?? NEVER;
    return step === NEVER ? undefined : steps.columns.line[step];
  }

  #listOf(sorted: Uint32Array, row: number): Extent[] {
    const { list, offset } = this.#recording.table.blocks.columns;
    const extents: Extent[] = [];
    for (const other of sorted) {
      if (list[other] !== list[row]) continue;
      const start = offset[other] ?? 0;
      extents.push({ start, length: this.#endOf(other) - start });
    }
    return extents;
  }

  /** The offset behind a block. */
  #endOf(row: number): number {
    const { table } = this.#recording;
    const { offset, order, placed } = table.blocks.columns;
    const { chunkSize = 1 } = table.spaceAt(placed[row] ?? 0) ?? {};
    return (offset[row] ?? 0) + chunkSize * 2 ** (order[row] ?? 0);
  }
}

/** The text of a number; `undefined` for none. */
function textOf(texts: readonly string[], number: number | undefined): string | undefined {
  return number ? texts[number] : undefined;
}

/** 0 is none. */
function orNone(account: number | undefined): number | undefined {
  return account === 0 ? undefined : account;
}

/** Makes an extent lie in the space, and hold a chunk at least. */
function fit(extent: Extent | undefined, size: number, chunkSize: number): Extent {
  const whole = Math.max(size, 1);
  if (!extent) return { start: 0, length: whole };
  const length = Math.min(Math.max(extent.length, chunkSize), whole);
  return { start: Math.min(Math.max(extent.start, 0), whole - length), length };
}
