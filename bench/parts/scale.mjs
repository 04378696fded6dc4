/** What churn costs with more and more live blocks. */
import { freemem } from 'node:os';
import { measure } from '../child.mjs';
import { CLOCK } from '../clock.mjs';
import { ratios, summarize } from '../statistics.mjs';

const LIVE = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];
/** Bytes that a live block may take, in C and by the API together, with what building it takes. */
const BYTES_A_BLOCK = 800;

/** @param {number} rounds */
export async function measureScale(rounds) {
  const points = [];
  for (const live of LIVE) {
    if (live * BYTES_A_BLOCK > freemem()) {
      console.error(`${live} live blocks: too many for the memory that is free`);
      continue;
    }
    console.error(`${live.toLocaleString('en')} live …`);
    const times = await measure(
      'state',
      [`scale-${live}`, rounds, 'c', 'api'],
      ['--expose-gc', '--max-old-space-size=12000'],
    );
    const by = (name) => times[name].map((time) => time[CLOCK]);
    points.push({
      live,
      c: summarize(by('c')),
      api: summarize(by('api')),
      ratio: ratios(by('api'), by('c')),
    });
  }
  return points;
}

/** @param {Awaited<ReturnType<typeof measureScale>>} points @returns {[string[], string[][]]} */
export function scaleRows(points) {
  return [
    ['churn, live blocks', 'C', 'api', '/ C', 'lowest', 'highest'],
    points.map(({ live, c, api, ratio }) => [
      live.toLocaleString('en'),
      ...[c.median, api.median].map((time) => time.toFixed(0)),
      ...[ratio.median, ratio.lowest, ratio.highest].map((value) => value.toFixed(2)),
    ]),
  ];
}
