/** One source on the page: its worker, its map, and what is known of it. Draws one picture at a time, always the newest that is wanted. */
import type { ClockValue, Colouring, Extent, MapTheme, SourceFacts } from '../messages';
import type { PageSource } from '../../../../lib/page/session';
import { MapView, type MapEvents } from './map-view';
import { SourceClient } from './source-client';

/** Parts to be drawn. */
export interface Wanted {
  readonly clock: ClockValue;
  readonly extent: Extent | undefined;
  readonly colouring: Colouring;
  readonly theme: MapTheme;
}

export class SourceView {
  readonly name: string;
  readonly client: SourceClient;
  readonly map: MapView;
  facts: SourceFacts | undefined;
  #wanted: Wanted | undefined;
  #isBusy = false;
  /** Pictures that were drawn. */
  frames = 0;

  constructor(
    { name, policy }: PageSource,
    index: number,
    isLive: boolean,
    events: MapEvents & { facts(): void },
  ) {
    this.name = policy === undefined ? name : `${name}, ${policy}`;
    this.map = new MapView(index, this.name, events);
    this.client = new SourceClient(new URL(`effects/${index}`, document.baseURI).href, isLive, (facts) => {
      this.facts = facts;
      this.map.offerAllocators(facts.allocators, facts.allocator);
      events.facts();
    });
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  want(wanted: Wanted): void {
    this.#wanted = wanted;
    if (!this.#isBusy) void this.#draw();
  }

  async #draw(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#wanted) {
        const wanted = this.#wanted;
        this.#wanted = undefined;
        const drawing = await this.client.ask('draw', { ...wanted, ...this.map.resolution });
        this.map.show(drawing);
        this.frames++;
      }
    } finally {
      this.#isBusy = false;
    }
  }
}
