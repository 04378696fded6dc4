import { AllocQueue, library } from '../library.mjs';
import { nextRandom, SEED } from '../random.mjs';
import { row } from '../rows.mjs';
import { threadTime } from '../ways/c.mjs';

const WAITING = 100_000;
const ACCOUNTS = 16;
const SAMPLES = 1000;
const SZ_4K = 4096;
const LISTS = 65_536;

const turn = () => new Promise((resolve) => setImmediate(resolve));

const buddy = new library.GpuBuddy({ size: LISTS * SZ_4K });
const accounts = Array.from({ length: ACCOUNTS }, () => buddy.account());
/** Lists that fill the space. */
const live = buddy.allocMany(LISTS, SZ_4K);
let random = SEED;

/** Takes a random list out of those that are live. */
function takeList() {
  random = nextRandom(random);
  const at = (random >>> 0) % live.length;
  const list = live[at];
  live[at] = live.at(-1);
  live.length--;
  return list;
}

/** @param {AllocQueue} queue @param {number} index of the account @param {AbortSignal} signal */
function ask(queue, index, signal) {
  queue.alloc(SZ_4K, { account: accounts[index % ACCOUNTS], signal }).then(
    (list) => live.push(list),
    () => undefined,
  );
}

/** Gives the microseconds of processor time that this thread needs until `isDone`, turns of the event loop among the rest. */
async function timed(act, isDone) {
  const start = threadTime();
  act();
  do await turn();
  while (!isDone());
  return (threadTime() - start) / 1000;
}

/** Times an alloc that waits, a free with the grant that follows, and an abort, many times in turns; and the abort of all. */
async function round() {
  const queue = new AllocQueue(buddy);
  const shared = new AbortController();
  for (let i = 0; i < WAITING; i++) ask(queue, i, shared.signal);
  await turn();
  const samples = { turn: [], alloc: [], free: [], abort: [] };
  for (let i = 0; i < SAMPLES; i++) {
    const done = () => true;
    samples.turn.push(await timed(() => undefined, done));
    samples.alloc.push(await timed(() => ask(queue, i, shared.signal), done));
    const list = takeList();
    const before = live.length;
    const isGranted = () => live.length > before;
    samples.free.push(await timed(() => list.free(), isGranted));
    const own = new AbortController();
    ask(queue, i, own.signal);
    await turn();
    samples.abort.push(await timed(() => own.abort(), done));
  }
  const { waiting } = queue.stats();
  if (waiting !== WAITING) throw new Error(`${waiting} requests wait.`);
  const all = await timed(
    () => shared.abort(),
    () => queue.stats().waiting === 0,
  );
  return { ...samples, each: [all / WAITING] };
}

/** @param {number[]} samples @param {number} share */
function percentile(samples, share) {
  return samples.toSorted((a, b) => a - b)[Math.floor(share * (samples.length - 1))];
}

const NAMES = {
  turn: 'a turn of the event loop that does nothing',
  alloc: 'an alloc that waits',
  free: 'a free, and the grant that follows',
  abort: 'an abort',
  each: 'the abort of all, each',
};

/** Measures what 100,000 requests that wait make an alloc, a free and an abort cost. @param {number} rounds */
export async function measure(rounds) {
  await round();
  const all = [];
  for (let i = 0; i < rounds; i++) all.push(await round());
  return Object.entries(NAMES).flatMap(([key, name]) =>
    (key === 'each' ? [50] : [50, 99]).map((percent) =>
      row(
        `queue.${key}.p${percent}`,
        `100,000 wait: ${name}${key === 'each' ? '' : `, ${percent} % of them`}`,
        'µs',
        all.map((samples) => percentile(samples[key], percent / 100)),
      ),
    ),
  );
}
