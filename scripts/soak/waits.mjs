// Threads that wait for memory: `node scripts/soak/waits.mjs [steps] [seed]`. Four threads take and free memory of one allocator
// that is too small for them, in all ways, and wait for more while they hold nothing: so if all wait, a wake-up is lost, and no
// step is done any more. Exits with 1 then, where a wait ends before the epoch has risen, or where memory is not whole at the end.
// Runs on the built package.
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { randomNumbers } from './random.cjs';

const { GpuBuddy, SZ_4K } = createRequire(import.meta.url)('../../dist/index.js');

const THREADS = 4;
const CHUNKS = 16;
const SECONDS_WITHOUT_A_STEP = 30;

/** Steps that are done, waits, waits that had to wait. */
const [STEPS, WAITS, SLEPT] = [0, 1, 2];

if (isMainThread) await main();
else await work(workerData);

async function main() {
  const steps = Number(process.argv[2] ?? 1_000_000);
  const seed = Number(process.argv[3] ?? 1);
  const buddy = new GpuBuddy({ size: CHUNKS * SZ_4K });
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const begin = performance.now();
  let before = -1;
  const watchdog = setInterval(() => {
    const done = Atomics.load(counts, STEPS);
    if (done === before) {
      console.error(`No step in ${SECONDS_WITHOUT_A_STEP} s, after ${done}: a wake-up is lost.`);
      process.exit(1);
    }
    before = done;
  }, SECONDS_WITHOUT_A_STEP * 1000);

  await Promise.all(
    Array.from({ length: THREADS }, (_, index) => {
      const data = { token: buddy.share(), counts, steps: steps / THREADS, seed: seed + index };
      const worker = new Worker(new URL(import.meta.url), { workerData: data });
      return new Promise((resolve, reject) => worker.on('error', reject).on('exit', resolve));
    }),
  );
  clearInterval(watchdog);
  const seconds = (performance.now() - begin) / 1000;
  console.log(
    `${counts[STEPS]} steps, ${counts[WAITS]} waits, ${counts[SLEPT]} of them asleep, ` +
      `epoch ${buddy.epoch}; ${seconds.toFixed(1)} s`,
  );
  console.log(
    buddy.avail === buddy.size ? 'avail is whole' : `avail is ${buddy.size - buddy.avail} bytes short`,
  );
  if (buddy.avail !== buddy.size) process.exitCode = 1;
  if (process.connected) process.disconnect();
}

/** @param {{ token: any, counts: Int32Array<SharedArrayBuffer>, steps: number, seed: number }} data */
async function work({ token, counts, steps, seed }) {
  const buddy = GpuBuddy.from(token);
  const pool = buddy.pool();
  const random = randomNumbers(seed);
  /** @type {(() => void)[]} */
  const held = [];
  const ways = [
    (size) => {
      const list = buddy.tryAllocBlocks(size);
      if (list) held.push(() => list.free());
      return list;
    },
    (size) => {
      const list = buddy.tryAllocBlocks(size);
      if (list)
        held.push(() => {
          list.freeBlock(0);
          list.free();
        });
      return list;
    },
    (size) => {
      const list = buddy.tryAllocBlocks(size, { minBlockSize: size });
      if (list) held.push(() => list.free());
      list?.trim(SZ_4K);
      return list;
    },
    (size) => {
      const handle = pool.tryAlloc(size);
      if (handle !== null) held.push(() => pool.free(handle));
      return handle;
    },
    () => {
      const batch = buddy.batch();
      batch.alloc(SZ_4K);
      batch.alloc(2 * SZ_4K);
      const result = batch.run();
      const isDone = result.errnos.every((errno) => errno === 0);
      if (isDone) held.push(() => result.free());
      else result.free();
      return isDone;
    },
  ];
  const freeAll = () => {
    for (const free of held.splice(0)) free();
  };

  for (let step = 0; step < steps; step++) {
    Atomics.add(counts, STEPS, 1);
    const size = 2 ** (random() % 5) * SZ_4K;
    const take = ways[random() % ways.length];
    if (held.length > 4 || random() % 4 === 0) held.splice(random() % (held.length + 1), 1)[0]?.();
    if (take(size)) continue;
    // Nobody waits who holds what others wait for.
    freeAll();
    const since = buddy.epoch;
    if (take(size)) continue;
    freeAll();
    Atomics.add(counts, WAITS, 1);
    if (buddy.epoch === since) Atomics.add(counts, SLEPT, 1);
    const epoch = await buddy.waitForFree({ since });
    if (!(epoch > since)) throw new Error(`The wait since ${since} ended at ${epoch}.`);
  }
  freeAll();
  pool.dispose();
  parentPort?.close();
}
