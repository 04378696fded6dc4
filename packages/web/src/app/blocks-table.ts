/** Shows blocks in the order of addresses, as a table of which only the rows in sight exist. */
import type { BlockFacts } from '../messages';
import { make } from './elements';
import { addressText, bytesText, countText } from './text';

/** Pixels; the style says the same. */
const ROW_HEIGHT = 28;

/** Rows beyond those in sight. */
const SPARE = 6;

/** Pixels that browsers scroll at the most, with room to spare. */
const MOST_HEIGHT = 8_000_000;

const HEADS = ['Address', 'Size', 'Order', 'List', 'Line', 'Account', 'Clear', 'Label'];

export interface TableEvents {
  /** Rows are in sight: they must be asked for, and given to `show()`. */
  wanted(): void;
  picked(block: BlockFacts): void;
}

export class BlocksTable {
  readonly element: HTMLElement;
  readonly #body = make('div', { role: 'rowgroup', class: 'body' });
  readonly #events: TableEvents;
  #total = 0;
  #from = 0;
  #blocks: readonly BlockFacts[] = [];
  #baseOffset = '0';
  #selected: number | undefined;
  /** The rows that are shown. */
  #shown = '';

  constructor(events: TableEvents) {
    this.#events = events;
    const head = make('div', { role: 'row', class: 'head', 'aria-rowindex': '1' });
    head.append(...HEADS.map((text) => make('div', { role: 'columnheader' }, text)));
    this.element = make(
      'div',
      { role: 'grid', class: 'table', tabindex: '0', 'aria-labelledby': 'blocks-title' },
      make('div', { role: 'rowgroup', class: 'heads' }, head),
      this.#body,
    );
    this.element.addEventListener('scroll', () => {
      events.wanted();
    });
    this.element.addEventListener('keydown', (event) => {
      this.#key(event);
    });
    this.#body.addEventListener('click', ({ target }) => {
      const row = target instanceof Element ? target.closest<HTMLElement>('[role=row]') : null;
      const block = this.#blocks[Number(row?.dataset.index ?? -1) - this.#from];
      if (block) events.picked(block);
    });
  }

  /** The rows that are in sight, with some around them. */
  get wanted(): { readonly from: number; readonly count: number } {
    const inSight = Math.ceil(this.element.clientHeight / ROW_HEIGHT);
    return { from: Math.max(0, this.#first - SPARE), count: inSight + 2 * SPARE };
  }

  /** @param selected the offset of the block that is selected */
  show(
    {
      total,
      from,
      blocks,
    }: { readonly total: number; readonly from: number; readonly blocks: readonly BlockFacts[] },
    baseOffset: string,
    selected: number | undefined,
  ): void {
    this.#total = total;
    this.#from = from;
    this.#blocks = blocks;
    this.#baseOffset = baseOffset;
    this.#selected = selected;
    const shown = JSON.stringify([total, from, blocks, selected, this.element.scrollTop]);
    // Rows that are the same stay, so that they can be clicked while the clock moves.
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.setAttribute('aria-rowcount', String(total + 1));
    this.#body.style.height = `${Math.min(total * ROW_HEIGHT, MOST_HEIGHT)}px`;
    const focused = blocks.find(({ offset }) => offset === selected);
    this.#body.replaceChildren(...blocks.map((block, index) => this.#row(block, from + index)));
    const active = focused && `block-${focused.offset}`;
    if (active) this.element.setAttribute('aria-activedescendant', active);
    else this.element.removeAttribute('aria-activedescendant');
  }

  /** Brings a row into sight. */
  reveal(index: number): void {
    const rows = Math.floor(this.element.clientHeight / ROW_HEIGHT) - 2;
    if (index >= this.#first && index < this.#first + rows) return;
    this.element.scrollTop = this.#scale * Math.max(0, index - Math.floor(rows / 2)) * ROW_HEIGHT;
  }

  /** Pixels of scrolling for a pixel of rows: less than 1 where there are too many rows for a browser. */
  get #scale(): number {
    return Math.min(1, MOST_HEIGHT / Math.max(1, this.#total * ROW_HEIGHT));
  }

  get #first(): number {
    return Math.floor(this.element.scrollTop / this.#scale / ROW_HEIGHT);
  }

  #row(block: BlockFacts, index: number): HTMLElement {
    const row = make('div', {
      role: 'row',
      id: `block-${block.offset}`,
      'data-index': String(index),
      'aria-rowindex': String(index + 2),
      'aria-selected': String(block.offset === this.#selected),
    });
    const top = this.element.scrollTop - (this.element.scrollTop / this.#scale - index * ROW_HEIGHT);
    row.style.top = `${top}px`;
    const texts = [
      addressText(block.offset, this.#baseOffset),
      bytesText(block.size),
      String(block.order),
      countText(block.list),
      countText(block.line),
      block.account === undefined ? '' : String(block.account),
      block.isClear ? 'yes' : 'no',
      block.label ?? '',
    ];
    row.append(...texts.map((text) => make('div', { role: 'gridcell' }, text)));
    return row;
  }

  #key(event: KeyboardEvent): void {
    const selected = this.#blocks.findIndex(({ offset }) => offset === this.#selected);
    const inSight = Math.max(0, this.#first - this.#from);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const block = this.#blocks[selected < 0 ? inSight : selected + step];
    if (block) this.#events.picked(block);
  }
}
