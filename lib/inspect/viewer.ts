/** Gives one viewer the frames of a feed, as it takes them: the state, then what happens. One that is too slow is given the state anew. */
import { setImmediate } from 'node:timers/promises';
import { frame, FrameType, jsonFrame } from '../page/frames';
import { EffectsWriter } from '../trace/effects/effects-writer';
import type { Answered } from '../trace/journal-operations';
import type { TraceOperation } from '../trace/operation';
import { EntryAnswer } from './entry-answer';
import type { Ending, Feed, Follower, Snapshot } from './feed';

/** Viewers at a time. */
const MOST_VIEWERS = 8;
/** Lists of the state that are written in one turn of the event loop. */
const LISTS_OF_A_TURN = 2048;
/** Operations that wait for a viewer. */
const MOST_BEHIND = 2 ** 14;
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
  const viewer = new Viewer(feed);
  try {
    if (feed.followers >= MOST_VIEWERS)
      throw Object.assign(new Error('Too many look at it already.'), { code: 'ERR_GPU_BUDDY_VIEWERS' });
    feed.join(viewer);
  } catch (error) {
    yield jsonFrame(FrameType.FAILED, endingOf(error as Ending));
    return;
  }
  signal.addEventListener('abort', () => {
    feed.wake();
  });
  try {
    yield* viewer.frames(signal);
  } finally {
    feed.leave(viewer);
  }
}

class Viewer implements Follower {
  readonly #feed: Feed;
  readonly #answer = new EntryAnswer();
  /** `undefined`: the viewer has no state, or one of no use. */
  #writer: EffectsWriter | undefined;
  /** Operations that happen while the state is written. */
  #backlog: [TraceOperation, Answered][] | undefined;
  /** Steps that were sent since the state. */
  #sent = 0;
  #ticked = 0;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  follow(operation: TraceOperation, entry: Answered): void {
    if (!this.#writer) return;
    if (this.#backlog) this.#backlog.push([operation, entry]);
    else this.#writer.add(operation, entry.sequence, this.#answer.read(entry), 0);
    if (this.#writer.steps + (this.#backlog?.length ?? 0) > MOST_BEHIND) this.lose();
  }

  lose(): void {
    this.#writer = this.#backlog = undefined;
  }

  async *frames(signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
    const feed = this.#feed;
    while (!signal.aborted) {
      const snapshot = this.#writer ? undefined : feed.snapshot();
      if (snapshot) {
        yield* this.#begin(snapshot);
        continue;
      }
      if (this.#writer && this.#writer.steps > 0) yield this.#take(this.#writer);
      else if (feed.ending) {
        yield jsonFrame(FrameType.FAILED, endingOf(feed.ending));
        return;
      } else if (performance.now() - this.#ticked >= TICK) yield this.#tick();
      if (!feed.ending) await feed.next();
    }
  }

  /** Gives the state, the oldest list first, unless it is of no use before that is done. */
  async *#begin({
    space,
    lists,
    sequence,
    time,
    clearAvail,
  }: Snapshot): AsyncGenerator<Uint8Array, undefined> {
    const writer = (this.#writer = new EffectsWriter());
    this.#backlog = [];
    this.#sent = 0;
    yield frame(FrameType.RESET);
    writer.add(space, 0, '0', Number(space.size));
    for (const [index, { id, blocks, label, account, ...made }] of lists.entries()) {
      if (index > 0 && index % LISTS_OF_A_TURN === 0) {
        yield this.#take(writer);
        await setImmediate();
      }
      if (this.#writer !== writer) return;
      writer.add({ kind: 'buddy.claim', id, blocks, label, account, time: made.time }, made.sequence, '0', 0);
    }
    writer.add({ kind: 'begin', time }, sequence, `0 clear_avail=0x${clearAvail.toString(16)}`, 0);
    yield this.#take(writer);
    if (this.#writer !== writer) return;
    const backlog = this.#backlog;
    this.#backlog = undefined;
    for (const [operation, entry] of backlog) this.follow(operation, entry);
    yield frame(FrameType.COMPLETE);
    yield this.#tick();
  }

  #take(writer: EffectsWriter): Uint8Array {
    this.#sent += writer.steps;
    const effects = frame(FrameType.EFFECTS, writer.take());
    if (this.#sent > MOST_STEPS) this.lose();
    return effects;
  }

  #tick(): Uint8Array {
    this.#ticked = performance.now();
    return jsonFrame(FrameType.TICK, { now: Date.now() });
  }
}

function endingOf({ code, message }: Ending): Ending {
  return code === BUSY.code ? BUSY : { code, message };
}
