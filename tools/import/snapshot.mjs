// Makes a memory snapshot as PyTorch pickles it, of about any size: events with the frames that they share, and the blocks that
// live at the end. As in PyTorch, each event has a list of its own, of frames that all share.

import { closeSync, openSync, writeSync } from 'node:fs';
import { Random } from '../oracle/generator/random.mjs';
import { PickleWriter, Repeated, Tuple } from './pickle-writer.mjs';

const CHUNK = 2 ** 20;
/** Bytes that an event takes in the file, about. */
const EVENT_SIZE = 147;
/** Allocations that live at a time, about. */
const LIVE = 4000;
/** The program does the same again and again, in rounds of about so many events. */
const ROUND = 50_000;
const STACKS = 500;
const BASE = 0x7f00_0000_0000;

/** @param {string} file @param {number} size bytes, about @param {string} [seed] any text */
export function writeSnapshot(file, size, seed = 'snapshot') {
  const fd = openSync(file, 'w');
  const chunk = Buffer.alloc(2 * CHUNK);
  let length = 0;
  const flush = () => {
    writeSync(fd, chunk, 0, length);
    length = 0;
  };
  const writer = new PickleWriter((bytes) => {
    if (bytes.length > CHUNK) {
      flush();
      writeSync(fd, bytes);
      return;
    }
    chunk.set(bytes, length);
    length += bytes.length;
    if (length >= CHUNK) flush();
  }, 4);
  const stacks = Array.from({ length: STACKS }, (_, stack) => framesOf(stack));
  const rounds = Math.max(1, Math.round(size / EVENT_SIZE / ROUND));
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
    device_traces: [new Repeated(() => round(new Random(seed), stacks), rounds)],
    allocator_settings: { max_split_size: -1, garbage_collection_threshold: 0.5 },
  });
  writer.stop();
  flush();
  closeSync(fd);
}

/** @param {number} stack */
function framesOf(stack) {
  return Array.from({ length: 20 }, (_, frame) => ({
    name: `f${frame}`,
    filename: `model/part-${stack}.py`,
    line: frame + 1,
  }));
}

/** The events of a round, at whose end nothing of it lives. @param {Random} random @param {readonly object[][]} stacks */
function* round(random, stacks) {
  /** @type {{ addr: number, size: number }[]} */
  const live = [];
  let next = BASE;
  let time = 1_729_931_410_850_299;
  /** @param {string} action @param {{ addr: number, size: number }} block */
  const event = (action, { addr, size }) => {
    time += random.below(50);
    const frames = [...(stacks[random.below(STACKS)] ?? [])];
    return { action, addr, size, stream: 0, time_us: time, frames };
  };
  for (let i = 0; i < ROUND / 2; i++) {
    const block = { addr: next, size: 1 + random.below(2 ** random.below(24)) };
    next += Math.ceil(block.size / 512) * 512;
    live.push(block);
    yield event('alloc', block);
    const at = random.below(LIVE);
    const freed = at < live.length - 1 ? live.splice(at, 1)[0] : undefined;
    if (freed) yield event('free_completed', freed);
  }
  for (const block of live) yield event('free_completed', block);
}
