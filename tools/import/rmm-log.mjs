// Makes a log as RMM's logging_resource_adaptor writes it, of any length: allocations of all sizes by eight threads, each freed
// after a while, and a few that failed.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { Random } from '../oracle/generator/random.mjs';

const CHUNK_LINES = 1000;
/** Allocations that live at a time, about. */
const LIVE = 4000;

/** @param {string} file @param {number} lines @param {string} [seed] any text */
export async function writeRmmLog(file, lines, seed = 'rmm') {
  const output = createWriteStream(file);
  const random = new Random(seed);
  /** @type {{ pointer: number, size: number }[]} */
  const live = [];
  let next = 0x7f00_0000_0000;
  let micros = 36e9;
  let text = 'Thread,Time,Action,Pointer,Size,Stream\n';
  const line = () => {
    micros += 1 + random.below(40);
    const prefix = `${1000 + random.below(8)},${timeText(micros)}`;
    if (random.fraction() < 1e-5) return `${prefix},allocate failure,(nil),${2 ** 34},0x0\n`;
    if (live.length > 0 && random.fraction() < live.length / (2 * LIVE)) {
      const { pointer, size } = take(live, random.below(live.length));
      return `${prefix},free,0x${pointer.toString(16)},${size},0x0\n`;
    }
    const size = Math.max(1, Math.floor(2 ** (random.fraction() * 24)));
    const pointer = next;
    next += Math.ceil(size / 256) * 256;
    live.push({ pointer, size });
    return `${prefix},allocate,0x${pointer.toString(16)},${size},0x0\n`;
  };
  for (let written = 1; written < lines;) {
    const end = Math.min(lines, written + CHUNK_LINES);
    for (; written < end; written++) text += line();
    if (!output.write(text)) await once(output, 'drain');
    text = '';
  }
  output.end();
  await once(output, 'finish');
}

/** @template T @param {T[]} list @param {number} index @returns {T} */
function take(list, index) {
  const taken = list[index];
  const last = list.pop();
  if (index < list.length && last !== undefined) list[index] = last;
  if (taken === undefined) throw new Error('The list is empty.');
  return taken;
}

/** @param {number} micros */
function timeText(micros) {
  const seconds = Math.floor(micros / 1e6) % 86400;
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => two(Math.floor(part)));
  return `${clock.join(':')}.${String(micros % 1e6).padStart(6, '0')}`;
}
