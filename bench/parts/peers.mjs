/** The common job: our ways beside C, and beside allocators from npm. Nanoseconds an operation. */
import { measure } from '../child.mjs';
import { CLOCK } from '../clock.mjs';
import { jobState } from '../states.mjs';
import { ratios, summarize } from '../statistics.mjs';

/** Not from npm. */
const API = 'gpu-buddy';
const POOL = 'gpu-buddy, pool';
const OURS = [API, POOL, 'C'];
/** Has a limit of its own. */
const PLAYCANVAS = 'playcanvas BlockAllocator';

/** @param {import('../clock.mjs').Times[]} times */
const byClock = (times) => times.map((time) => time[CLOCK]);

/** Each in a process of its own, with C in turns. @param {number} rounds @param {Record<string, number>} figures */
async function measureWays(rounds, figures) {
  const ways = [];
  for (const way of ['api', 'pool', 'batch']) {
    const times =
      way === 'batch'
        ? await measure('job', [jobState.id, rounds])
        : await measure('state', [jobState.id, rounds, 'c', way]);
    const [ours, c] = [byClock(times[way]), byClock(times.cJob ?? times.c)];
    const ratio = ratios(ours, c);
    figures[`${jobState.id}.${way}`] = ratio.median;
    ways.push({ way, time: summarize(ours), c: summarize(c), ratio });
  }
  return ways;
}

/** @param {number} rounds @param {Record<string, number>} figures */
export async function measurePeers(rounds, figures) {
  const ways = await measureWays(rounds, figures);
  const { times, live } = await measure('peers', [rounds]);
  const peers = Object.keys(times).map((name) => {
    const time = byClock(times[name]);
    return {
      name,
      live: live[name] ?? live[API],
      time: summarize(time),
      ratio: ratios(byClock(times[API]), time),
      poolRatio: ratios(byClock(times[POOL]), time),
    };
  });
  const others = peers.filter(({ name }) => !OURS.includes(name));
  figures['peers.fastest'] = Math.max(...others.map(({ ratio }) => ratio.median));
  const { [PLAYCANVAS]: playcanvas, ...rest } = Object.fromEntries(
    others.map(({ name, poolRatio }) => [name, poolRatio.median]),
  );
  figures['peers.pool.playcanvas'] = playcanvas;
  figures['peers.pool.others'] = Math.max(...Object.values(rest));
  return { live: live[API], ways, peers: peers.sort((a, b) => a.time.median - b.time.median) };
}

/** @param {number} value */
const whole = (value) => value.toFixed(0);

/** @param {import('../statistics.mjs').Summary} ratio */
const shareOf = ({ median }) => `${median.toFixed(median < 0.1 ? 4 : 2)} of it`;

/** @param {Awaited<ReturnType<typeof measurePeers>>} measured @returns {[string[], string[][]]} */
export function commonRows({ live, ways }) {
  return [
    [
      `common job, ${live.toLocaleString('en')} live, ns an operation`,
      'C',
      'way',
      '/ C',
      'lowest',
      'highest',
    ],
    ways.map(({ way, time, c, ratio }) => [
      way,
      ...[c.median, time.median].map(whole),
      ...[ratio.median, ratio.lowest, ratio.highest].map((value) => value.toFixed(2)),
    ]),
  ];
}

/** @param {Awaited<ReturnType<typeof measurePeers>>} measured @returns {[string[], string[][]]} */
export function peerRows({ peers }) {
  return [
    ['common job, ns an operation', 'live', 'median', 'lowest', 'highest', 'API takes', 'pool takes'],
    peers.map(({ name, live, time, ratio, poolRatio }) => [
      name,
      live.toLocaleString('en'),
      ...[time.median, time.lowest, time.highest].map(whole),
      shareOf(ratio),
      shareOf(poolRatio),
    ]),
  ];
}
