/** The job that allocators from npm do, too: nanoseconds an operation. */
import { measure } from '../child.mjs';
import { CLOCK } from '../clock.mjs';
import { ratios, summarize } from '../statistics.mjs';

/** Not from npm. */
const OURS = 'gpu-buddy';
const C = 'C';

/** @param {number} rounds @param {Record<string, number>} figures */
export async function measurePeers(rounds, figures) {
  const times = await measure('peers', [rounds]);
  const by = (name) => times[name].map((time) => time[CLOCK]);
  const peers = Object.keys(times).map((name) => ({
    name,
    time: summarize(by(name)),
    ratio: ratios(by(OURS), by(name)),
  }));
  const others = peers.filter(({ name }) => name !== OURS && name !== C);
  figures['peers.fastest'] = Math.max(...others.map(({ ratio }) => ratio.median));
  return peers.sort((a, b) => a.time.median - b.time.median);
}

/** @param {Awaited<ReturnType<typeof measurePeers>>} peers @returns {[string[], string[][]]} */
export function peerRows(peers) {
  return [
    ['common job, ns an operation', 'median', 'lowest', 'highest', 'gpu-buddy takes'],
    peers.map(({ name, time, ratio }) => [
      name,
      ...[time.median, time.lowest, time.highest].map((value) => value.toFixed(0)),
      `${ratio.median.toFixed(ratio.median < 0.1 ? 4 : 2)} of it`,
    ]),
  ];
}
