/** The map of a report at any moment: a slider, a canvas, what a click finds, and the same blocks as a table. */
import type { EffectsTable } from '../../trace/effects/effects-table';
import { bytesText, countText } from '../../trace/number-text';
import { withoutControls } from '../../trace/printable';
import {
  COLUMNS,
  LABEL_LOOKS,
  orderLook,
  paint,
  paintLook,
  rgbOf,
  ROW_HEIGHT,
  ROWS,
  type Look,
} from './pixels';

/** Rows of the table of blocks at the most. */
const TABLE_ROWS = 500;

/** Labels that have a look of their own. */
const LABELS = LABEL_LOOKS.length - 1;

const DARK = matchMedia('(prefers-color-scheme: dark)');

/** Finds a part of the figure, by what `data-part` calls it. */
function partOf<E extends HTMLElement>(figure: HTMLElement, name: string, type: new () => E): E {
  const part = figure.querySelector(`[data-part="${name}"]`);
  if (!(part instanceof type)) throw new Error(`The report has no ${name}.`);
  return part;
}

export class MapView {
  readonly #figure: HTMLElement;
  readonly #table: EffectsTable;
  readonly #allocator: number;
  readonly #slider: HTMLInputElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #colors: HTMLSelectElement;
  /** Looks of labels, by the number of their text: the labels with the most bytes have one each. */
  readonly #looks = new Map<number, number>();
  readonly #labels: number[];
  readonly #orders: number;
  readonly #failures: readonly number[];
  #rows: Uint32Array = new Uint32Array(0);
  #step = -1;
  #isWaiting = false;

  constructor(figure: HTMLElement, table: EffectsTable) {
    this.#figure = figure;
    this.#table = table;
    this.#allocator = Number(figure.dataset['allocator']);
    this.#slider = partOf(figure, 'slider', HTMLInputElement);
    this.#canvas = partOf(figure, 'canvas', HTMLCanvasElement);
    this.#colors = partOf(figure, 'colors', HTMLSelectElement);
    this.#labels = this.#sumLabels();
    this.#labels.slice(0, LABELS).forEach((label, look) => this.#looks.set(label, look));
    this.#orders =
      table.blocks.columns.order.subarray(0, table.blocks.length).reduce((a, b) => Math.max(a, b), 0) + 1;
    this.#failures = table.failures
      .map(({ step }) => step)
      .filter((step) => table.spaceAt(step)?.allocator === this.#allocator);
    this.#canvas.width = COLUMNS;
    this.#canvas.height = ROWS * ROW_HEIGHT;
    this.#listen();
    this.#slider.max = String(Math.max(table.steps.length - 1, 0));
    this.#slider.disabled = false;
    if (this.#labels.every((label) => label === 0)) this.#colors.value = 'size';
    this.show(Number(figure.dataset['peak']));
  }

  /** Shows the space after a step. */
  show(step: number): void {
    const last = this.#table.steps.length - 1;
    let wanted = Math.min(Math.max(step, 0), last);
    this.#slider.value = String(wanted);
    while (wanted >= 0 && this.#table.spaceAt(wanted)?.allocator !== this.#allocator) wanted--;
    this.#step = wanted;
    this.#rows = wanted < 0 ? new Uint32Array(0) : this.#table.liveRows(wanted);
    this.#tell();
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#draw();
    });
  }

  #listen(): void {
    this.#slider.addEventListener('input', () => {
      this.show(Number(this.#slider.value));
    });
    this.#colors.addEventListener('change', () => {
      this.#draw();
    });
    DARK.addEventListener('change', () => {
      this.#draw();
    });
    this.#canvas.addEventListener('click', (event) => {
      const box = this.#canvas.getBoundingClientRect();
      const x = Math.floor(((event.clientX - box.left) / box.width) * COLUMNS);
      const y = Math.floor(((event.clientY - box.top) / box.height) * ROWS);
      this.#find(x, y);
    });
    const jumps: Readonly<Record<string, () => number>> = {
      start: () => 0,
      peak: () => Number(this.#figure.dataset['peak']),
      end: () => Number(this.#figure.dataset['end']),
      previous: () => this.#failures.findLast((step) => step < this.#step) ?? this.#step,
      next: () => this.#failures.find((step) => step > this.#step) ?? this.#step,
    };
    for (const [name, stepOf] of Object.entries(jumps)) {
      const button = partOf(this.#figure, name, HTMLButtonElement);
      button.disabled = (name === 'previous' || name === 'next') && this.#failures.length === 0;
      button.addEventListener('click', () => {
        this.show(stepOf());
      });
    }
    const details = partOf(this.#figure, 'details', HTMLDetailsElement);
    details.addEventListener('toggle', () => {
      this.#list();
    });
  }

  /** Numbers of labels, those with the most bytes over all first. */
  #sumLabels(): number[] {
    const { blocks, lists } = this.#table;
    const sums = new Map<number, number>();
    for (let row = 0; row < blocks.length; row++) {
      const label = lists.columns.label[blocks.columns.list[row] ?? 0] ?? 0;
      sums.set(label, (sums.get(label) ?? 0) + 2 ** (blocks.columns.order[row] ?? 0));
    }
    return [...sums].sort((a, b) => b[1] - a[1]).map(([label]) => label);
  }

  #labelOf(row: number): number {
    return this.#table.lists.columns.label[this.#table.blocks.columns.list[row] ?? 0] ?? 0;
  }

  #sizeOf(row: number): number {
    const chunk = this.#table.spaceAt(this.#step)?.chunkSize ?? 1;
    return chunk * 2 ** (this.#table.blocks.columns.order[row] ?? 0);
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d');
    const space = this.#table.spaceAt(this.#step);
    if (!context) return;
    const { offset, order } = this.#table.blocks.columns;
    const byLabel = this.#colors.value === 'label';
    const looks: readonly Look[] = byLabel
      ? LABEL_LOOKS
      : Array.from({ length: this.#orders }, (_, index) => orderLook(index, this.#orders));
    const image = context.createImageData(COLUMNS, ROWS * ROW_HEIGHT);
    const rows = this.#rows;
    const blocks = {
      size: space?.size ?? 1,
      count: rows.length,
      startOf: (index: number) => offset[rows[index] ?? 0] ?? 0,
      sizeOf: (index: number) => this.#sizeOf(rows[index] ?? 0),
      lookOf: (index: number) => {
        const row = rows[index] ?? 0;
        return byLabel ? (this.#looks.get(this.#labelOf(row)) ?? LABELS) : (order[row] ?? 0);
      },
    };
    paint(
      image.data,
      blocks,
      looks,
      DARK.matches ? [rgbOf('#30343b'), rgbOf('#16181c')] : [rgbOf('#e4e6ea'), rgbOf('#ffffff')],
    );
    context.putImageData(image, 0, 0);
    this.#legend(byLabel);
    if (partOf(this.#figure, 'details', HTMLDetailsElement).open) this.#list();
  }

  /** Says in words what is shown. */
  #tell(): void {
    const { line, time, used } = this.#table.steps.columns;
    const space = this.#table.spaceAt(this.#step);
    const at = this.#table.hasTimes ? `, ${((time[this.#step] ?? 0) / 1e9).toFixed(6)} s` : '';
    const where = `line ${countText(line[this.#step] ?? 0)}${at}`;
    const text = space
      ? `After ${where}: ${bytesText(used[this.#step] ?? 0)} of ${bytesText(space.size)} used, ${countText(this.#rows.length)} blocks${this.#failureText()}`
      : 'There is no allocator yet.';
    partOf(this.#figure, 'numbers', HTMLElement).textContent = text;
    this.#slider.setAttribute('aria-valuetext', where);
  }

  #failureText(): string {
    const failure = this.#table.failures.find(({ step }) => step === this.#step);
    if (!failure) return '';
    const { texts } = this.#table;
    return `. ${texts[failure.operation] ?? ''} of ${bytesText(failure.size)} failed: ${texts[failure.code] ?? ''}`;
  }

  #legend(byLabel: boolean): void {
    const legend = partOf(this.#figure, 'legend', HTMLElement);
    const entries: [name: string, look: Look][] = byLabel
      ? this.#labels
          .slice(0, LABELS)
          .map((label, index) => [this.#name(label), LABEL_LOOKS[index] ?? LABEL_LOOKS[0]])
          .filter((entry): entry is [string, Look] => entry[1] !== undefined)
      : [...new Set(Array.from(this.#rows, (row) => this.#table.blocks.columns.order[row] ?? 0))]
          .sort((a, b) => a - b)
          .map((order) => [
            bytesText((this.#table.spaceAt(this.#step)?.chunkSize ?? 1) * 2 ** order),
            orderLook(order, this.#orders),
          ]);
    const others = LABEL_LOOKS[LABELS];
    if (byLabel && this.#labels.length > LABELS && others) entries.push(['other labels', others]);
    legend.replaceChildren(
      ...entries.map(([name, look]) => {
        const item = document.createElement('li');
        item.append(swatch(look), name);
        return item;
      }),
    );
  }

  #name(label: number): string {
    const text = withoutControls(this.#table.texts[label] ?? '');
    if (text === '') return 'without a label';
    return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  }

  /** Says which block lies at a place of the canvas. */
  #find(x: number, y: number): void {
    const space = this.#table.spaceAt(this.#step);
    const { offset, list } = this.#table.blocks.columns;
    const address = ((y * COLUMNS + x + 0.5) / (COLUMNS * ROWS)) * (space?.size ?? 0);
    const row = this.#rows.find((one) => {
      const start = offset[one] ?? 0;
      return start <= address && address < start + this.#sizeOf(one);
    });
    const found = partOf(this.#figure, 'found', HTMLElement);
    if (row === undefined) {
      found.textContent = `Free memory at 0x${Math.floor(address).toString(16)}`;
      return;
    }
    const { id, step } = this.#table.lists.columns;
    const number = list[row] ?? 0;
    const line = this.#table.steps.columns.line[step[number] ?? 0] ?? 0;
    found.textContent = `${bytesText(this.#sizeOf(row))} at 0x${(offset[row] ?? 0).toString(16)}: list ${String(id[number])}, allocated at line ${countText(line)}, ${this.#name(this.#labelOf(row))}`;
  }

  /** The blocks as a table, by address. */
  #list(): void {
    if (!partOf(this.#figure, 'details', HTMLDetailsElement).open) return;
    const { offset, order, list } = this.#table.blocks.columns;
    const { id, step } = this.#table.lists.columns;
    const rows = Array.from(this.#rows).sort((a, b) => (offset[a] ?? 0) - (offset[b] ?? 0));
    partOf(this.#figure, 'more', HTMLElement).textContent =
      rows.length > TABLE_ROWS ? `The first ${TABLE_ROWS} of ${countText(rows.length)} blocks.` : '';
    partOf(this.#figure, 'blocks', HTMLElement).replaceChildren(
      ...rows.slice(0, TABLE_ROWS).map((row) => {
        const number = list[row] ?? 0;
        const tr = document.createElement('tr');
        const cells = [
          `0x${(offset[row] ?? 0).toString(16)}`,
          bytesText(this.#sizeOf(row)),
          String(order[row]),
          String(id[number]),
          countText(this.#table.steps.columns.line[step[number] ?? 0] ?? 0),
          this.#name(this.#labelOf(row)),
        ];
        tr.append(
          ...cells.map((text) => {
            const td = document.createElement('td');
            td.textContent = text;
            return td;
          }),
        );
        return tr;
      }),
    );
  }
}

/** A piece of a look. */
function swatch(look: Look): HTMLCanvasElement {
  const piece = document.createElement('canvas');
  piece.width = 14;
  piece.height = 10;
  piece.setAttribute('aria-hidden', 'true');
  const context = piece.getContext('2d');
  const image = context?.createImageData(14, 10);
  if (context && image) {
    paintLook(image.data, 14, look);
    context.putImageData(image, 0, 0);
  }
  return piece;
}
