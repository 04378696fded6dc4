/** Shows the map of one source on a canvas, and tells where it was clicked. */
import type { Drawing, Extent } from '../messages';
import { make } from './elements';
import { addressText, bytesText, countText, percentText, timeText } from './text';

/** Pixels of the page from which rows are no lower. */
const ROW_HEIGHT = 9;

/** Rows of so many device pixels have a line between them. */
const GAP_FROM = 5;

const MOST_PIXELS = 2;

/** A part of the space that is outlined. */
export interface Mark {
  readonly extent: Extent;
  readonly isStrong: boolean;
}

export interface MapEvents {
  /** A cell was clicked: its first byte, and the bytes of a cell. */
  picked(address: number, reach: number): void;
  /** Zoom by a factor, keeping an address where it is; from 0 to 1 in the map. */
  zoomed(factor: number, address: number, share: number): void;
  /** Move by so many bytes. */
  moved(bytes: number): void;
  focused(): void;
  allocatorChosen(allocator: number): void;
}

export class MapView {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly #title: HTMLElement;
  readonly #numbers = make('p');
  readonly #allocator = make('select');
  readonly #allocatorLabel = make('label', { class: 'allocator', hidden: '' }, 'Allocator ', this.#allocator);
  readonly #start = make('span');
  readonly #end = make('span');
  readonly #cells = make('canvas');
  readonly #context: CanvasRenderingContext2D;
  #drawing: Drawing | undefined;
  #marks: readonly Mark[] = [];

  constructor(index: number, title: string, events: MapEvents) {
    const id = `map-${index}`;
    this.#title = make('h2', { id: `${id}-title` }, title);
    this.canvas = make('canvas', {
      id,
      tabindex: '0',
      role: 'application',
      'aria-roledescription': 'map of memory',
      'aria-labelledby': `${id}-title ${id}-numbers`,
    });
    this.#numbers.id = `${id}-numbers`;
    const context = this.canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('This browser draws no canvas.');
    this.#context = context;
    this.element = make(
      'section',
      { class: 'map', 'aria-labelledby': `${id}-title` },
      make('div', { class: 'map-head' }, this.#title, this.#allocatorLabel, this.#numbers),
      make('div', { class: 'map-frame' }, this.canvas),
      make('div', { class: 'map-ends' }, this.#start, this.#end),
    );
    this.#listen(events);
  }

  /** Cells of a row, and rows at the most, for the size that the map has now. */
  get resolution(): { readonly columns: number; readonly mostRows: number } {
    const { clientWidth, clientHeight } = this.canvas;
    return {
      columns: Math.max(1, Math.floor(clientWidth * pixels())),
      mostRows: Math.max(1, Math.floor(clientHeight / ROW_HEIGHT)),
    };
  }

  get drawing(): Drawing | undefined {
    return this.#drawing;
  }

  show(drawing: Drawing): void {
    this.#drawing = drawing;
    this.#cells.width = drawing.columns;
    this.#cells.height = drawing.rows;
    this.#cells
      .getContext('2d')
      ?.putImageData(new ImageData(drawing.pixels, drawing.columns, drawing.rows), 0, 0);
    this.#paint();
    this.#say(drawing);
  }

  mark(marks: readonly Mark[]): void {
    this.#marks = marks;
    this.#paint();
  }

  /** Offers the allocators of the recording, where there are several. */
  offerAllocators(allocators: readonly number[], chosen: number): void {
    this.#allocatorLabel.hidden = allocators.length < 2;
    if (this.#allocator.options.length !== allocators.length)
      this.#allocator.replaceChildren(
        ...allocators.map((one) => make('option', { value: String(one) }, String(one))),
      );
    this.#allocator.value = String(chosen);
  }

  #listen(events: MapEvents): void {
    this.#allocator.addEventListener('change', () => {
      events.allocatorChosen(Number(this.#allocator.value));
    });
    let dragged: { readonly x: number; moved: number } | undefined;
    this.canvas.addEventListener('focus', () => {
      events.focused();
    });
    this.canvas.addEventListener('pointerdown', ({ clientX, pointerId, pointerType }) => {
      dragged = { x: clientX, moved: 0 };
      if (pointerType === 'mouse') this.canvas.setPointerCapture(pointerId);
    });
    this.canvas.addEventListener('pointermove', ({ clientX, movementX, pointerType, buttons }) => {
      if (!dragged || buttons === 0 || pointerType !== 'mouse' || !this.#drawing) return;
      dragged.moved = Math.max(dragged.moved, Math.abs(clientX - dragged.x));
      const { columns, rows, extent } = this.#drawing;
      const bytes = extent.length / (columns * rows);
      if (dragged.moved > 3) events.moved(-movementX * pixels() * bytes);
    });
    this.canvas.addEventListener('click', (event) => {
      const wasDragged = (dragged?.moved ?? 0) > 3;
      dragged = undefined;
      const cell = this.#cellAt(event);
      if (cell && !wasDragged) events.picked(cell.address, cell.reach);
    });
    this.canvas.addEventListener(
      'wheel',
      (event) => {
        const cell = this.#cellAt(event);
        if (!cell || event.deltaY === 0) return;
        event.preventDefault();
        events.zoomed(event.deltaY < 0 ? 0.8 : 1.25, cell.address, cell.share);
      },
      { passive: false },
    );
  }

  #cellAt({ offsetX, offsetY }: MouseEvent) {
    if (!this.#drawing || this.#drawing.size === 0) return undefined;
    const { columns, rows, extent } = this.#drawing;
    const row = clamp(Math.floor((offsetY / this.canvas.clientHeight) * rows), rows - 1);
    const column = clamp(Math.floor((offsetX / this.canvas.clientWidth) * columns), columns - 1);
    const share = (row * columns + column) / (columns * rows);
    return { address: extent.start + share * extent.length, reach: extent.length / (columns * rows), share };
  }

  #paint(): void {
    const { canvas } = this;
    const width = Math.max(1, Math.floor(canvas.clientWidth * pixels()));
    const height = Math.max(1, Math.floor(canvas.clientHeight * pixels()));
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const style = getComputedStyle(canvas);
    const context = this.#context;
    context.imageSmoothingEnabled = false;
    context.fillStyle = style.getPropertyValue('--map-outside');
    context.fillRect(0, 0, width, height);
    if (!this.#drawing) return;
    context.drawImage(this.#cells, 0, 0, width, height);
    const { rows } = this.#drawing;
    if (height / rows >= GAP_FROM)
      for (let row = 1; row < rows; row++)
        context.fillRect(0, Math.round((row * height) / rows) - 1, width, 1);
    for (const { extent, isStrong } of this.#marks) {
      if (isStrong) this.#outline(extent, style.getPropertyValue('--ground'), 5);
      this.#outline(extent, style.getPropertyValue('--mark'), isStrong ? 2.5 : 1);
    }
  }

  /** Draws a frame around each part of a row that an extent has. */
  #outline(marked: Extent, colour: string, width: number): void {
    if (!this.#drawing) return;
    const { columns, rows, extent } = this.#drawing;
    const cells = columns * rows;
    const scale = cells / extent.length;
    const from = Math.max(0, (marked.start - extent.start) * scale);
    const to = Math.min(cells, (marked.start + marked.length - extent.start) * scale);
    if (to <= from) return;
    const cellWidth = this.canvas.width / columns;
    const rowHeight = this.canvas.height / rows;
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = width * pixels();
    for (let row = Math.floor(from / columns); row * columns < to; row++) {
      const left = Math.max(from - row * columns, 0) * cellWidth;
      const right = Math.min(to - row * columns, columns) * cellWidth;
      context.strokeRect(left, row * rowHeight, Math.max(right - left, 2), rowHeight);
    }
  }

  #say({ size, used, blocks, extent, baseOffset, failure, time, line }: Drawing): void {
    if (size === 0) {
      this.#numbers.textContent = `No allocator at line ${countText(line)}`;
      this.#start.textContent = this.#end.textContent = '';
      return;
    }
    const parts = [
      `${bytesText(used)} of ${bytesText(size)} used (${percentText(used / size)})`,
      `${countText(blocks)} ${blocks === 1 ? 'block' : 'blocks'}`,
      ...(time > 0 ? [timeText(time)] : []),
    ];
    this.#numbers.replaceChildren(parts.join(' · '));
    if (failure)
      this.#numbers.append(
        make(
          'span',
          { class: 'failure' },
          ` · failed here: ${failure.size === undefined ? failure.operation : bytesText(failure.size)}, ${failure.code}`,
        ),
      );
    this.#start.textContent = addressText(extent.start, baseOffset);
    this.#end.textContent = addressText(extent.start + extent.length, baseOffset);
  }
}

function pixels(): number {
  return Math.min(MOST_PIXELS, window.devicePixelRatio);
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
