// Says which blocks a recording has after some of its lines, by the replay of gpu-buddy/trace: what the page must show.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './view.mjs';

/** @type {typeof import('gpu-buddy/trace')} */
const { openTrace, replayTrace, TraceReplayer } = createRequire(import.meta.url)(
  path.join(root, 'dist/trace/index.js'),
);

const ALLOCATED = 1;

/**
 * Gives the allocated blocks after each of the lines, which ascend: `OFFSET:ORDER`, in the order of addresses.
 * @param {string} file
 * @param {readonly number[]} lines
 * @returns {Promise<string[][]>}
 */
export async function blocksByReplay(file, lines) {
  const trace = await openTrace(file);
  const replayer = new TraceReplayer();
  const found = [];
  try {
    for (const lastLine of lines) {
      await replayTrace(trace, replayer, [], { lastLine });
      found.push(allocated(replayer.snapshot()));
    }
  } finally {
    replayer[Symbol.dispose]();
    trace[Symbol.dispose]();
  }
  return found;
}

/** @param {import('gpu-buddy/trace').SpaceSnapshot | undefined} snapshot */
function allocated(snapshot) {
  if (!snapshot) return [];
  const { offsets, orders, states } = snapshot.blocks;
  return Array.from(offsets, (offset, row) => `${offset}:${orders[row]}`).filter(
    (_, row) => states[row] & ALLOCATED,
  );
}
