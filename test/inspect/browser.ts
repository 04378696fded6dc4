/** A viewer as the page is one: reads the frames of a live session into tables of effects. */
import { once } from 'node:events';
import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { FrameReader, FrameType, jsonOf, type Failure } from '../../lib/page/frames';
import { EffectsTable } from '../../lib/trace/effects/effects-table';
import { open } from '../local-server/ask';

export interface LiveBlock {
  readonly offset: number;
  readonly order: number;
  readonly clear: number;
  readonly label: string;
}

export class Viewer {
  table = new EffectsTable();
  resets = 0;
  /** Whether the state is whole. */
  isComplete = false;
  ticks = 0;
  failure: Failure | undefined;
  /** The time at which each frame of effects came, of those behind the state. */
  readonly updates: number[] = [];
  readonly #response: IncomingMessage;
  readonly #closed: Promise<unknown>;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    const reader = new FrameReader();
    this.#closed = new Promise((resolve) => response.once('close', resolve));
    response
      .on('error', () => undefined)
      .on('data', (bytes: Buffer) => {
        for (const { type, payload } of reader.read(bytes)) this.#take(type, payload);
      });
  }

  /** Opens a link, and the stream behind it. */
  static async connect(link: string): Promise<Viewer> {
    return new Viewer(await requestStream(link));
  }

  #take(type: number, payload: Uint8Array): void {
    if (type === FrameType.RESET) {
      this.resets++;
      this.isComplete = false;
      this.table = new EffectsTable();
    } else if (type === FrameType.EFFECTS) {
      this.table.append(payload);
      if (this.isComplete) this.updates.push(performance.now());
    } else if (type === FrameType.COMPLETE) this.isComplete = true;
    else if (type === FrameType.TICK) this.ticks++;
    else if (type === FrameType.FAILED) this.failure = jsonOf({ type, payload }) as Failure;
  }

  /** The blocks that live now, by their addresses. */
  get blocks(): LiveBlock[] {
    const { table } = this;
    const { offset, order, clear, list } = table.blocks.columns;
    const labels = table.lists.columns.label;
    return [...table.liveRows(table.steps.length - 1)]
      .map((row) => ({
        offset: offset[row] ?? 0,
        order: order[row] ?? 0,
        clear: clear[row] ?? 0,
        label: table.texts[labels[list[row] ?? 0] ?? 0] ?? '',
      }))
      .sort((a, b) => a.offset - b.offset);
  }

  /** The number of the last operation. */
  get line(): number {
    const { steps } = this.table;
    return steps.columns.line[steps.length - 1] ?? 0;
  }

  /** Bytes that are free and clear after the last operation. */
  get clearAvail(): number {
    const { steps } = this.table;
    return steps.columns.clear[steps.length - 1] ?? 0;
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  async close(): Promise<void> {
    this.#response.destroy();
    await this.#closed;
  }

  async closed(): Promise<void> {
    await this.#closed;
  }
}

async function requestStream(link: string): Promise<IncomingMessage> {
  const { port, pathname } = new URL(link);
  const headers = { cookie: await open(link) };
  const asked: ClientRequest = get({
    host: '127.0.0.1',
    port,
    path: `${pathname}effects/0`,
    headers,
    agent: false,
  });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

/** Waits until something is so. Polls, since it happens in other parts of the process. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
