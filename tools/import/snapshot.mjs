// Makes a memory snapshot as PyTorch pickles it, of about any size: events with the frames that they share, and the blocks that
// live at the end. As in PyTorch, each event has a list of its own, of frames that all share.

import { closeSync, openSync, writeSync } from 'node:fs';
import { Random } from '../oracle/generator/random.mjs';
import { PickleWriter, Tuple } from './pickle-writer.mjs';

const CHUNK = 2 ** 20;
/** Bytes that an event takes in the file, about. */
const EVENT_SIZE = 147;
/** Allocations that live at a time, about. */
const LIVE = 4000;
const STACKS = 500;
const BASE = 0x7f00_0000_0000;

/** @param {string} file @param {number} size bytes, about @param {string} [seed] any text */
export function writeSnapshot(file, size, seed = 'snapshot') {
  const fd = openSync(file, 'w');
  let chunk = Buffer.alloc(2 * CHUNK);
  let length = 0;
  const flush = () => {
    writeSync(fd, chunk, 0, length);
    length = 0;
  };
  const writer = new PickleWriter((bytes) => {
    chunk.set(bytes, length);
    length += bytes.length;
    if (length >= CHUNK) flush();
  }, 4);
  writer.value({
    segments: [
      {
        device: 0,
        address: BASE - 2 ** 21,
        total_size: 2 ** 21,
        stream: 0,
        segment_type: 'small',
        segment_pool_id: new Tuple([0, 0]),
        is_expandable: false,
        frames: [],
        blocks: [
          { address: BASE - 2 ** 21, size: 512, requested_size: 8, state: 'active_allocated', frames: [] },
        ],
      },
    ],
    device_traces: [events(Math.ceil(size / EVENT_SIZE), new Random(seed))],
    allocator_settings: { max_split_size: -1, garbage_collection_threshold: 0.5 },
  });
  writer.stop();
  flush();
  closeSync(fd);
}

/** @param {number} count @param {Random} random */
function* events(count, random) {
  const stacks = Array.from({ length: STACKS }, (_, stack) =>
    Array.from({ length: 20 }, (_, frame) => ({
      name: `f${frame}`,
      filename: `model/part-${stack}.py`,
      line: frame + 1,
    })),
  );
  /** @type {{ addr: number, size: number, frames: readonly object[] }[]} */
  const live = [];
  let next = BASE;
  let time = 1_729_931_410_850_299;
  for (let i = 0; i < count; i++) {
    time += random.below(50);
    const at = random.below(2 * LIVE);
    const last = live.pop();
    const taken = at < live.length ? live[at] : undefined;
    if (taken && last) live[at] = last;
    else if (last) live.push(last);
    if (taken) {
      yield {
        action: 'free_completed',
        addr: taken.addr,
        size: taken.size,
        stream: 0,
        time_us: time,
        frames: [...taken.frames],
      };
      continue;
    }
    const size = 1 + random.below(2 ** random.below(24));
    const block = { addr: next, size, frames: stacks[random.below(STACKS)] ?? [] };
    next += Math.ceil(size / 512) * 512;
    live.push(block);
    yield { action: 'alloc', addr: block.addr, size, stream: 0, time_us: time, frames: [...block.frames] };
  }
}
