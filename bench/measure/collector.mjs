import { PerformanceObserver } from 'node:perf_hooks';
import { library } from '../library.mjs';
import { row } from '../rows.mjs';
import { threadTime } from '../ways/c.mjs';

const COUNT = 1_000_000;
const MOST_ROUNDS = 7;

/** Pauses that V8 has reported. @type {{ start: number, end: number }[]} */
let pauses = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries())
    pauses.push({ start: startTime, end: startTime + duration });
}).observe({ entryTypes: ['gc'] });

const buddy = new library.GpuBuddy({ size: 2 ** 40 });

function allocateAndDrop() {
  const live = new Array(COUNT);
  for (let i = 0; i < COUNT; i++) live[i] = buddy.allocBlocks(4096);
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Milliseconds of a stretch in which the collector was at work. */
function collecting({ start, end }) {
  return pauses.reduce(
    (sum, pause) => sum + Math.max(0, Math.min(end, pause.end) - Math.max(start, pause.start)),
    0,
  );
}

async function round() {
  allocateAndDrop();
  await turn();
  pauses = [];
  /** A stretch from one turn of the event loop to the next. */
  const stretches = [];
  globalThis.gc?.();
  let last = { time: performance.now(), thread: threadTime() };
  while (buddy.avail < buddy.size) {
    if (stretches.length === 100_000) throw new Error('The collector leaves lists behind.');
    await turn();
    const now = { time: performance.now(), thread: threadTime() };
    stretches.push({ start: last.time, end: now.time, busy: (now.thread - last.thread) / 1e6 });
    last = now;
  }
  // Waits for reports that the observer has not had yet.
  await new Promise((resolve) => setTimeout(resolve, 50));

  const own = stretches.map((stretch) => ({
    ...stretch,
    own: stretch.end - stretch.start - collecting(stretch),
  }));
  const longest = own.reduce((a, b) => (b.own > a.own ? b : a));
  const slices = own.filter((stretch) => stretch !== longest && collecting(stretch) === 0);
  return {
    blocked: longest.own,
    // Measured by processor time: other work of the machine is no part of a slice.
    slice: Math.max(...slices.map(({ busy }) => busy)),
    whole: stretches.at(-1).end - stretches[0].start,
  };
}

/** Measures, in milliseconds, how long the event loop is blocked by a million lists dropped at once. @param {number} rounds */
export async function measure(rounds) {
  await round();
  const all = [];
  for (let i = 0; i < Math.min(rounds, MOST_ROUNDS); i++) all.push(await round());
  const milliseconds = (key, name) => {
    const times = all.map((one) => one[key]);
    return row(`collector.${key}`, `1,000,000 lists dropped: ${name}`, 'ms', times);
  };
  return [
    milliseconds('blocked', 'the longest stretch'),
    milliseconds('slice', 'the longest slice of freeing'),
    milliseconds('whole', 'until all of them are free'),
  ];
}
