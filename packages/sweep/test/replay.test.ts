import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { measurePolicy, openTrace, readWorkloads, RequestKind, type Workload } from 'gpu-buddy/trace';
import { jobAt } from '../src/plan/job.js';
import { makeSweep } from '../src/plan/make-sweep.js';
import { MEASURES } from '../src/plan/measures.js';
import { serveJob } from '../src/replay/serve-job.js';
import { shuffle } from '../src/replay/shuffle.js';
import { temporaryFolder } from './support/folder.js';
import { CHUNK, writeTrace } from './support/traces.js';

const folder = temporaryFolder();
writeTrace(folder, 'one.trace', 1, 500);

async function readOne(): Promise<Workload> {
  const lines = await openTrace(path.join(folder, 'one.trace'));
  const [workload] = await readWorkloads(lines);
  assert.ok(workload);
  return workload;
}

test('a line of results says what measurePolicy() says', async () => {
  const workload = await readOne();
  const { sweep } = await makeSweep(
    { traces: ['one.trace'], sizes: [700 * CHUNK], modes: ['contiguous'], minBlockSizes: [2 * CHUNK] },
    folder,
  );
  const measured = measurePolicy(workload, {
    mode: 'contiguous',
    size: 700 * CHUNK,
    minBlockSize: 2 * CHUNK,
  });
  const { row } = serveJob(jobAt(sweep, 0), workload);
  assert.equal(row.failures, measured.failures);
  assert.equal(row.size, 700 * CHUNK);
  for (const measure of MEASURES) assert.deepEqual(row[measure], measured[measure] ?? null, measure);
});

test('a share of the peak is rounded up to chunks, and is the same for each seed', async () => {
  const workload = await readOne();
  const { sweep } = await makeSweep(
    { traces: ['one.trace'], sizes: ['101%'], shuffles: { seeds: ['recorded', 3] } },
    folder,
  );
  const sizes = [0, 1].map((number) => serveJob(jobAt(sweep, number), workload).row.size);
  assert.equal(sizes[0], sizes[1]);
  const { peak } = measurePolicy(workload, { size: 2 ** 30 });
  assert.equal(sizes[0], Math.ceil((1.01 * peak) / CHUNK) * CHUNK);
});

test('at the first fit, sizes are tried in ascending order, and the line is of the one that fits', async () => {
  const workload = await readOne();
  const sizes = ['400%', '50%', '100%', '300%'];
  const { sweep } = await makeSweep({ traces: ['one.trace'], sizes, stop: { atFirstFit: true } }, folder);
  const { row } = serveJob(jobAt(sweep, 0), workload);
  assert.deepEqual([row.asked, row.tried, row.failures], ['100%', 2, 0]);
});

test('a shuffle moves requests, and keeps the order of those of a list', async () => {
  const workload = await readOne();
  const shuffled = shuffle(workload, 5, 16);
  assert.deepEqual(shuffle(workload, 5, 16).lines, shuffled.lines);
  assert.notDeepEqual(shuffle(workload, 6, 16).lines, shuffled.lines);
  assert.notDeepEqual(shuffled.lines, workload.lines);
  assert.deepEqual([...shuffled.lines].sort(), [...workload.lines].sort());
  assert.deepEqual(shuffled.times, workload.times);
  for (let list = 0; list < workload.listCount; list++)
    assert.deepEqual(linesOf(shuffled, list), linesOf(workload, list), `list ${list}`);
});

test('a shuffle keeps both lists of an append in order, and lets probes go anywhere', () => {
  const { ALLOC, APPEND, FREE, PROBE } = RequestKind;
  const workload = workloadOf([
    [ALLOC, 0, 1],
    [ALLOC, 1, 1],
    [APPEND, 0, 1],
    [ALLOC, 1, 1],
    [FREE, 0, 0],
    [FREE, 1, 0],
    [PROBE, -1, 9],
  ]);
  const positions = new Set<number>();
  for (let seed = 0; seed < 64; seed++) {
    const order = [...shuffle(workload, seed, 7).lines];
    const before = (one: number, other: number) => order.indexOf(one) < order.indexOf(other);
    for (const [one, other] of [
      [0, 2],
      [1, 2],
      [2, 3],
      [2, 4],
      [3, 5],
    ] as const)
      assert.ok(before(one, other), `seed ${seed}: ${order.join(' ')}`);
    positions.add(order.indexOf(6));
  }
  assert.equal(positions.size, 7);
});

/** Lines of the requests of a list. */
function linesOf({ lists, lines }: Workload, list: number): number[] {
  return [...lines].filter((_, index) => lists[index] === list);
}

/** Makes a workload of kinds, lists and sizes; the line of each request is its index. */
function workloadOf(requests: readonly (readonly [number, number, number])[]): Workload {
  const { length } = requests;
  return {
    file: 'made up',
    allocator: 0,
    chunkSize: CHUNK,
    kinds: Uint8Array.from(requests, ([kind]) => kind),
    lists: Int32Array.from(requests, ([, list]) => list),
    sizes: Float64Array.from(requests, ([, , size]) => size),
    alignments: new Float64Array(length),
    lines: Float64Array.from(requests.keys()),
    times: new Float64Array(length),
    labels: new Int32Array(length).fill(-1),
    labelTexts: [],
    listCount: 2,
    length,
    recorded: { size: undefined, peak: undefined, reserved: undefined },
    dropped: { addresses: 0, ranges: 0, accounts: 0, refused: 0, afterGap: 0 },
  };
}
