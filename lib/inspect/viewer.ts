/** Gives one viewer the frames of a feed, as it takes them: the state, then what happens. One that is too slow is given the state anew. */
import { setImmediate } from 'node:timers/promises';
import { frame, FrameType, jsonFrame } from '../page/frames';
import { EffectsWriter } from '../trace/effects/effects-writer';
import type { Ending, Feed, Place, Snapshot } from './feed';

/** Viewers at a time. */
const MOST_VIEWERS = 8;
/** Lists of the state that are written in one turn of the event loop. */
const LISTS_OF_A_TURN = 2048;
/** Steps after which a viewer begins anew: a page keeps all of them. */
const MOST_STEPS = 2 ** 21;
/** Milliseconds from one sign of life to the next. */
const TICK = 1000;

const BUSY: Ending = {
  code: 'EBUSY',
  message:
    'The program keeps a journal of its own, or has not read one to its end. A journal has one reader.',
};

/** Gives the frames, until the signal is aborted or nothing follows. */
export async function* framesOf(feed: Feed, signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
  try {
    if (feed.viewers >= MOST_VIEWERS)
      throw Object.assign(new Error('Too many look at it already.'), { code: 'ERR_GPU_BUDDY_VIEWERS' });
    feed.join();
  } catch (error) {
    yield jsonFrame(FrameType.FAILED, endingOf(error as Ending));
    return;
  }
  signal.addEventListener('abort', () => {
    feed.wake();
  });
  try {
    yield* new Viewer(feed).frames(signal);
  } finally {
    feed.leave();
  }
}

class Viewer {
  readonly #feed: Feed;
  #writer = new EffectsWriter();
  #place: Place | undefined;
  #steps = 0;
  #ticked = 0;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  async *frames(signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
    const feed = this.#feed;
    while (!signal.aborted) {
      const changes = this.#steps > MOST_STEPS ? undefined : this.#changes();
      const snapshot = changes ? undefined : feed.snapshot();
      if (snapshot) {
        yield* this.#begin(snapshot);
        continue;
      }
      if (changes && changes.length > 0) yield frame(FrameType.EFFECTS, changes);
      else if (feed.ending) {
        yield jsonFrame(FrameType.FAILED, endingOf(feed.ending));
        return;
      } else if (performance.now() - this.#ticked >= TICK) yield this.#tick();
      if (!feed.ending) await feed.next();
    }
  }

  /** Gives what has happened since the last time, as effects; `undefined`: that is not known, and the state is needed. */
  #changes(): Uint8Array | undefined {
    const operations = this.#place && this.#feed.since(this.#place);
    if (!this.#place || !operations) return undefined;
    if (operations.length === 0) return new Uint8Array();
    for (const operation of operations)
      this.#writer.add(
        operation,
        'seq' in operation ? (operation.seq ?? 0) : 0,
        'answer' in operation ? (operation.answer ?? '0') : '0',
        0,
      );
    this.#place = { ...this.#place, position: this.#place.position + operations.length };
    return this.#writer.steps === 0 ? new Uint8Array() : this.#take();
  }

  /** Gives the state: what lives, oldest first. */
  async *#begin(snapshot: Snapshot): AsyncGenerator<Uint8Array, undefined> {
    const { space, lists, round, position, sequence, time, clearAvail } = snapshot;
    yield frame(FrameType.RESET);
    this.#writer = new EffectsWriter();
    this.#steps = 0;
    this.#writer.add(space, 0, '0', 'size' in space ? Number(space.size) : 0);
    for (const [index, { id, blocks, label, account, sequence, time }] of lists.entries()) {
      if (index > 0 && index % LISTS_OF_A_TURN === 0) {
        yield frame(FrameType.EFFECTS, this.#take());
        await setImmediate();
      }
      this.#writer.add({ kind: 'buddy.claim', id, blocks, label, account, time }, sequence, '0', 0);
    }
    this.#writer.add({ kind: 'begin', time }, sequence, `0 clear_avail=0x${clearAvail.toString(16)}`, 0);
    yield frame(FrameType.EFFECTS, this.#take());
    yield frame(FrameType.COMPLETE);
    this.#place = { round, position };
    yield this.#tick();
  }

  #take(): Uint8Array {
    this.#steps += this.#writer.steps;
    return this.#writer.take();
  }

  #tick(): Uint8Array {
    this.#ticked = performance.now();
    return jsonFrame(FrameType.TICK, { now: Date.now() });
  }
}

function endingOf({ code, message }: Ending): Ending {
  return code === BUSY.code ? BUSY : { code, message };
}
