/** The page: one clock, one or two maps, what is selected, and the table of blocks. */
import type { PageSession } from '../../../../lib/page/session';
import {
  COLOURINGS,
  type BlockFacts,
  type Colouring,
  type Drawing,
  type Extent,
  type MapTheme,
  type PlaceFacts,
} from '../messages';
import { BlocksTable } from './blocks-table';
import { Clock } from './clock';
import { Curves } from './curves';
import { detailsOf } from './details';
import { element, make } from './elements';
import { fragmentOf, readFragment } from './fragment';
import { listenToKeys } from './keys';
import { legendOf } from './legend';
import type { Mark } from './map-view';
import { SourceView } from './source-view';
import { countText, percentText } from './text';
import { TimeBar } from './time-bar';

const COLOURING_NAMES: Readonly<Record<Colouring, string>> = {
  allocation: 'allocation',
  age: 'age',
  size: 'size',
  label: 'label',
  account: 'account',
  clear: 'clear or dirty',
};

/** Milliseconds between two looks at what is selected and at the table, while the clock moves. */
const FACTS_EVERY = 150;

/** Milliseconds between two drawings of the curves, while a source is read. */
const CURVES_EVERY = 1000;

/** Bytes of an address that is looked for exactly. */
const EXACTLY = 1;

export class App {
  readonly clock = new Clock();
  readonly sources: readonly SourceView[];
  readonly #isLive: boolean;
  readonly #bar: TimeBar;
  readonly #table: BlocksTable;
  readonly #curves: Curves;
  readonly #details = element('details-body', HTMLElement);
  readonly #legend = element('legend', HTMLElement);
  readonly #status = element('status', HTMLElement);
  readonly #colouringSelect = element('colouring', HTMLSelectElement);
  #theme: MapTheme = themeOf();
  #extent: Extent | undefined;
  #colouring: Colouring = 'allocation';
  /** The source whose blocks the table shows. */
  #active = 0;
  /** Offset of the selected place. */
  #selected: number | undefined;
  /** Bytes behind the selected place in which a block is looked for: a click means all of a cell. */
  #reach = EXACTLY;
  /** The facts that are shown of the selected place. */
  #shownFacts = '';
  #isDue = true;
  #areFactsDue = true;
  #factsAt = -Infinity;
  #isAskingFacts = false;
  /** Actions that wait for the workers. */
  #pending = 0;
  #curvesAt = -Infinity;
  #areCurvesDue = false;
  /** When the clock was moved on. */
  #advancedAt = 0;
  /** Whether the clock has been set by a link, or by hand. */
  #isPlaced = false;

  constructor({ kind, sources }: PageSession) {
    this.#isLive = kind === 'live';
    this.clock.isFollowing = this.#isLive;
    document.title = `${sources.map(({ name }) => name).join(', ')} · gpu-buddy`;
    this.#curves = new Curves(element('curves', HTMLElement), (value) => this.#moveTo(value));
    this.#bar = new TimeBar(this.#isLive, {
      moved: (value) => this.#moveTo(value),
      playToggled: () => this.togglePlay(),
      stepped: (isBack) => this.#act(this.#step(isBack)),
      failureWanted: (isBack) => this.#act(this.#toFailure(isBack)),
      speedChanged: (speed) => {
        this.clock.speed = speed;
      },
      unitChanged: (unit) => this.#switchUnit(unit),
      followToggled: (isOn) => {
        this.clock.isFollowing = isOn;
        if (isOn) this.#moveTo(this.clock.last);
      },
    });
    this.#table = new BlocksTable({
      wanted: () => this.#wantFacts(),
      picked: ({ offset }) => this.select(this.#active, offset),
    });
    element('table', HTMLElement).append(this.#table.element);
    this.sources = sources.map((source, index) => this.#open(source, index));
    const maps = element('maps', HTMLElement);
    maps.classList.toggle('two', sources.length === 2);
    maps.append(...this.sources.map(({ map }) => map.element));
    this.#colouringSelect.append(
      ...COLOURINGS.map((name) => make('option', { value: name }, COLOURING_NAMES[name])),
    );
    this.#listen();
    this.#readFragment();
    requestAnimationFrame((now) => this.#frame(now));
  }

  /** Content of the page, as data. */
  get state() {
    const { drawing } = this.sources[this.#active]?.map ?? {};
    return {
      clock: this.clock.now,
      shown: drawing && shownIn(drawing),
      colouring: this.#colouring,
      active: this.#active,
      selected: this.#selected,
      isPlaying: this.clock.isPlaying,
      /** Whether all that is wanted is drawn. */
      isSettled:
        !this.#isDue &&
        !this.#areFactsDue &&
        this.#pending === 0 &&
        this.sources.every(({ isBusy }) => !isBusy),
      sources: this.sources.map(({ facts, frames, name }) => ({ name, frames, ...facts })),
    };
  }

  /** Gives the blocks of a source at the moment that is shown, by address. */
  async blocks(source = this.#active): Promise<readonly BlockFacts[]> {
    const answer = await this.sources[source]?.client.ask('blocks', {
      clock: this.#shownClock,
      from: 0,
      count: Infinity,
    });
    return answer?.blocks ?? [];
  }

  togglePlay(): void {
    if (!this.clock.isPlaying && this.clock.value >= this.clock.last) this.clock.moveTo(this.clock.first);
    this.clock.isPlaying = !this.clock.isPlaying;
    this.#changed();
  }

  select(source: number, address: number | undefined, reach = EXACTLY): void {
    this.#active = source;
    this.#selected = address;
    this.#reach = reach;
    this.#act(this.#showFacts());
    this.#writeFragment();
  }

  #open(source: PageSession['sources'][number], index: number): SourceView {
    return new SourceView(source, index, this.#isLive, {
      picked: (address, reach) => this.select(index, address, reach),
      zoomed: (factor, address, share) => this.#zoom(factor, address, share),
      moved: (bytes) => this.#move(bytes),
      focused: () => {
        if (this.#active === index) return;
        this.#active = index;
        this.#selected = undefined;
        this.#wantFacts();
      },
      facts: () => this.#read(),
      allocatorChosen: (on) => this.#act(this.#choose(index, on)),
    });
  }

  /** Shows another allocator of a recording of several. */
  async #choose(index: number, on: number): Promise<void> {
    await this.sources[index]?.client.ask('allocator', { on });
    this.#selected = undefined;
    this.#areCurvesDue = true;
    this.#changed();
  }

  #listen(): void {
    this.#colouringSelect.addEventListener('change', () => {
      this.#colour(COLOURINGS.find((name) => name === this.#colouringSelect.value) ?? 'allocation');
    });
    const press = (id: string, act: () => void) => {
      element(id, HTMLButtonElement).addEventListener('click', act);
    };
    press('zoom-in', () => this.#zoom(0.5));
    press('zoom-out', () => this.#zoom(2));
    press('whole', () => this.#show(undefined));
    listenToKeys({
      togglePlay: () => this.togglePlay(),
      step: (isBack) => this.#act(this.#step(isBack)),
      failure: (isBack) => this.#act(this.#toFailure(isBack)),
      shiftSpeed: (by) => {
        this.clock.shiftSpeed(by);
        this.#changed();
      },
      zoom: (factor) => this.#zoom(factor),
      whole: () => this.#show(undefined),
      move: (share) => this.#move(share * (this.#drawing?.extent.length ?? 0)),
      neighbour: (isBack) => this.#act(this.#toNeighbour(isBack)),
      edge: (isEnd) => this.#act(this.#toEdge(isEnd)),
      nextColouring: () => {
        const next = (COLOURINGS.indexOf(this.#colouring) + 1) % COLOURINGS.length;
        this.#colour(COLOURINGS[next] ?? 'allocation');
      },
    });
    new ResizeObserver(() => {
      this.#areCurvesDue = true;
      this.#redraw();
    }).observe(element('maps', HTMLElement));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#theme = themeOf();
      this.#areCurvesDue = true;
      this.#redraw();
    });
    addEventListener('hashchange', () => {
      this.#readFragment();
    });
  }

  get #drawing() {
    return this.sources[this.#active]?.map.drawing;
  }

  get #client() {
    return this.sources[this.#active]?.client;
  }

  /** Waits for an action; says what went wrong. */
  #act(action: Promise<void>): void {
    this.#pending++;
    action
      .catch((error: unknown) => {
        this.#status.textContent = error instanceof Error ? error.message : String(error);
        this.#status.classList.add('bad');
      })
      .finally(() => {
        this.#pending--;
      });
  }

  /** Draws anew, after something that the user did. */
  #changed(): void {
    this.#redraw();
    this.#writeFragment();
  }

  #redraw(): void {
    this.#isDue = true;
    this.#wantFacts();
  }

  #wantFacts(): void {
    this.#areFactsDue = true;
  }

  /** Runs once a frame of the screen. */
  #frame(now: number): void {
    if (!this.clock.isPlaying) {
      this.#advancedAt = now;
    } else if (this.sources.every(({ isBusy }) => !isBusy)) {
      const hasEnded = this.clock.advance(now - this.#advancedAt);
      this.#advancedAt = now;
      this.#redraw();
      if (hasEnded) this.#writeFragment();
    }
    if (this.#isDue) this.#draw();
    if (this.#areFactsDue && now - this.#factsAt > FACTS_EVERY) {
      this.#factsAt = now;
      this.#act(this.#showFacts());
    }
    if (this.#areCurvesDue && now - this.#curvesAt > CURVES_EVERY) {
      this.#curvesAt = now;
      this.#act(this.#drawCurves());
    }
    requestAnimationFrame((next) => this.#frame(next));
  }

  #draw(): void {
    this.#isDue = false;
    const failures = this.sources.reduce((sum, { facts }) => sum + (facts?.failures ?? 0), 0);
    this.#bar.show(this.clock, failures);
    this.#curves.moveTo(this.clock.value);
    this.#colouringSelect.value = this.#colouring;
    for (const source of this.sources)
      source.want({
        clock: this.#shownClock,
        extent: this.#extent,
        colouring: this.#colouring,
        theme: this.#theme,
      });
  }

  get #shownClock() {
    const { unit, value } = this.clock.now;
    return { unit, value: unit === 'line' ? Math.round(value) : value };
  }

  /** Takes in what a source has read. */
  #read(): void {
    const facts = this.sources.flatMap(({ facts: known }) => known ?? []);
    const bound = (pick: (one: (typeof facts)[number]) => readonly [number, number]) =>
      [Math.min(...facts.map((one) => pick(one)[0])), Math.max(...facts.map((one) => pick(one)[1]))] as const;
    if (facts.length > 0)
      this.clock.setBounds({
        line: bound(({ firstLine, lastLine }) => [firstLine, lastLine]),
        time: bound(({ firstTime, lastTime }) => [firstTime, lastTime]),
      });
    const [first] = facts;
    if (!this.#isPlaced && !this.#isLive && first) this.clock.value = first.peakLine;
    this.#bar.offerTime(facts.length === this.sources.length && facts.every(({ hasTimes }) => hasTimes));
    this.#offerColourings();
    this.#say();
    this.#areCurvesDue = true;
    this.#redraw();
  }

  #say(): void {
    const texts = this.sources.map(({ facts }) => {
      if (!facts) return 'opening';
      if (facts.error !== undefined) return facts.error;
      const steps = `${countText(facts.steps)} steps, ${countText(facts.failures)} failed`;
      if (facts.state === 'reading')
        return `reading ${facts.progress === undefined ? '' : percentText(facts.progress)}: ${steps}`;
      return facts.state === 'live' ? `live: ${steps}` : steps;
    });
    this.#status.textContent = texts.join(' · ');
    this.#status.classList.toggle(
      'bad',
      this.sources.some(({ facts }) => facts?.error !== undefined),
    );
  }

  /** Colourings by what no source has are left out. */
  #offerColourings(): void {
    const has = (name: 'hasLabels' | 'hasAccounts') => this.sources.some(({ facts }) => facts?.[name]);
    for (const option of this.#colouringSelect.options) {
      if (option.value === 'label') option.disabled = !has('hasLabels');
      if (option.value === 'account') option.disabled = !has('hasAccounts');
    }
  }

  #moveTo(value: number): void {
    this.#isPlaced = true;
    this.clock.moveTo(value);
    this.#changed();
  }

  async #step(isBack: boolean): Promise<void> {
    this.clock.isPlaying = false;
    const clock = this.#shownClock;
    const steps = await Promise.all(this.sources.map(({ client }) => client.ask('step', { clock, isBack })));
    const known = steps.filter((step) => step !== undefined);
    if (known.length > 0) this.#moveTo(isBack ? Math.max(...known) : Math.min(...known));
  }

  async #toFailure(isBack: boolean): Promise<void> {
    this.clock.isPlaying = false;
    const clock = this.#shownClock;
    const failures = await Promise.all(
      this.sources.map(({ client }) => client.ask('failure', { clock, isBack })),
    );
    const moments = failures.flatMap((failure) =>
      failure ? [this.clock.unit === 'line' ? failure.line : (failure.time ?? 0)] : [],
    );
    if (moments.length > 0) this.#moveTo(isBack ? Math.max(...moments) : Math.min(...moments));
  }

  #switchUnit(unit: 'line' | 'time'): void {
    const { drawing } = this.sources[this.#active]?.map ?? {};
    this.clock.switchTo(unit);
    this.#areCurvesDue = true;
    this.#moveTo(unit === 'line' ? (drawing?.line ?? 0) : (drawing?.time ?? 0));
  }

  #show(extent: Extent | undefined): void {
    this.#extent = extent;
    this.#changed();
  }

  /** Zooms around an address; without one, around what is selected, or the middle. */
  #zoom(factor: number, address?: number, share = 0.5): void {
    const drawing = this.#drawing;
    if (!drawing) return;
    const { extent, size, chunkSize } = drawing;
    const isInSight =
      this.#selected !== undefined &&
      this.#selected >= extent.start &&
      this.#selected < extent.start + extent.length;
    const around = address ?? (isInSight ? this.#selected : undefined) ?? extent.start + extent.length / 2;
    const length = Math.min(Math.max(extent.length * factor, chunkSize), size);
    if (length >= size) this.#show(undefined);
    else this.#show({ start: clamp(around - share * length, size - length), length });
  }

  #move(bytes: number): void {
    const drawing = this.#drawing;
    if (!drawing || !this.#extent) return;
    const { extent, size } = drawing;
    this.#show({ start: clamp(extent.start + bytes, size - extent.length), length: extent.length });
  }

  async #toNeighbour(isBack: boolean): Promise<void> {
    if (this.#selected === undefined) {
      await this.#toEdge(false);
      return;
    }
    const facts = await this.#client?.ask('place', {
      clock: this.#shownClock,
      address: this.#selected,
      reach: EXACTLY,
    });
    const next = isBack ? facts?.before : facts?.behind;
    if (next) this.#reveal(next.offset);
  }

  async #toEdge(isEnd: boolean): Promise<void> {
    const clock = this.#shownClock;
    const all = await this.#client?.ask('blocks', { clock, from: 0, count: 1 });
    const from = isEnd ? (all?.total ?? 1) - 1 : 0;
    const answer = await this.#client?.ask('blocks', { clock, from, count: 1 });
    const block = answer?.blocks[0];
    if (block) this.#reveal(block.offset);
  }

  /** Selects a block, and moves the map to where it is. */
  #reveal(offset: number): void {
    const extent = this.#drawing?.extent;
    if (this.#extent && extent && (offset < extent.start || offset >= extent.start + extent.length))
      this.#move(offset - extent.start - extent.length / 2);
    this.select(this.#active, offset);
  }

  #colour(colouring: Colouring): void {
    this.#colouring = colouring;
    this.#changed();
  }

  /** Looks again at what is selected, and at the rows of the table in sight. */
  async #showFacts(): Promise<void> {
    this.#areFactsDue = false;
    if (this.#isAskingFacts) {
      this.#areFactsDue = true;
      return;
    }
    const source = this.sources[this.#active];
    if (!source) return;
    this.#isAskingFacts = true;
    try {
      await this.#askFacts(source);
    } finally {
      this.#isAskingFacts = false;
    }
  }

  async #askFacts(source: SourceView): Promise<void> {
    const clock = this.#shownClock;
    const baseOffset = source.map.drawing?.baseOffset ?? '0';
    if (this.#selected !== undefined) {
      const address = this.#selected;
      const facts = await source.client.ask('place', { clock, address, reach: this.#reach });
      // Another place may have been selected meanwhile.
      if (this.#selected === address) {
        this.#selected = facts.block?.offset ?? address;
        this.#reach = EXACTLY;
      }
      this.#showDetails(facts, baseOffset);
      const { block, ofList } = facts;
      const marks: Mark[] = ofList.length > 1 ? ofList.map((extent) => ({ extent, isStrong: false })) : [];
      const chosen = block ? { start: block.offset, length: block.size } : facts.free;
      if (chosen) marks.push({ extent: chosen, isStrong: true });
      for (const one of this.sources) one.map.mark(one === source ? marks : []);
      if (!this.clock.isPlaying) await this.#revealRow(source, clock);
    } else {
      this.#shownFacts = '';
      this.#details.replaceChildren('Click a block on the map, or choose one of the table.');
      for (const one of this.sources) one.map.mark([]);
    }
    const by = this.#colouring;
    const kinds =
      by === 'label' || by === 'account' ? await source.client.ask('legend', { clock, by }) : undefined;
    this.#legend.replaceChildren(...legendOf(by, kinds));
    const rows = await source.client.ask('blocks', { clock, ...this.#table.wanted });
    this.#table.show(rows, baseOffset, this.#selected);
  }

  /** Shows what is selected. What is the same stays, so that its buttons can be pressed while the clock moves. */
  #showDetails(facts: PlaceFacts, baseOffset: string): void {
    const text = JSON.stringify([facts, baseOffset]);
    if (text === this.#shownFacts) return;
    this.#shownFacts = text;
    this.#details.ariaLive = this.clock.isPlaying || this.clock.isFollowing ? 'off' : 'polite';
    this.#details.replaceChildren(detailsOf(facts, baseOffset, (address) => this.#reveal(address)));
  }

  #revealed: number | undefined;

  /** Brings the selected block into sight in the table, once. */
  async #revealRow(
    source: SourceView,
    clock: { readonly unit: 'line' | 'time'; readonly value: number },
  ): Promise<void> {
    if (this.#revealed === this.#selected || this.#selected === undefined) return;
    this.#revealed = this.#selected;
    this.#table.reveal(await source.client.ask('find', { clock, address: this.#selected }));
  }

  async #drawCurves(): Promise<void> {
    this.#areCurvesDue = false;
    const { unit } = this.clock;
    const points = Math.max(50, Math.floor(element('curves', HTMLElement).clientWidth / 2));
    const curves = await Promise.all(this.sources.map(({ client }) => client.ask('curve', { unit, points })));
    this.#curves.show(
      curves,
      this.sources.map(({ name }) => name),
      unit,
    );
    this.#curves.moveTo(this.clock.value);
  }

  #readFragment(): void {
    const { line, time, extent, colouring, selected, source } = readFragment(location.hash);
    const value = time ?? line;
    if (value !== undefined) {
      this.clock.unit = time === undefined ? 'line' : 'time';
      this.clock.value = value;
      this.clock.isFollowing = false;
      this.#isPlaced = true;
    }
    this.#extent = extent;
    this.#colouring = colouring ?? this.#colouring;
    this.#active = source !== undefined && source < this.sources.length ? source : this.#active;
    this.#selected = selected;
    this.#redraw();
  }

  #writeFragment(): void {
    if (this.clock.isPlaying || this.clock.isFollowing) return;
    const { unit, value } = this.clock;
    const fragment = fragmentOf(unit, value, {
      ...(this.#extent ? { extent: this.#extent } : {}),
      ...(this.#selected === undefined ? {} : { selected: this.#selected }),
      colouring: this.#colouring,
      source: this.#active,
    });
    history.replaceState(null, '', fragment);
  }
}

/** The numbers of a drawing. */
function shownIn({ line, used, blocks, extent, size, columns, rows }: Drawing) {
  return { line, used, blocks, extent, size, cells: { columns, rows } };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), Math.max(0, most));
}

/** The colours of the map, as the style has them now. */
function themeOf(): MapTheme {
  const style = getComputedStyle(document.documentElement);
  return {
    free: style.getPropertyValue('--map-free').trim(),
    outside: style.getPropertyValue('--map-outside').trim(),
    isDark: matchMedia('(prefers-color-scheme: dark)').matches,
  };
}
