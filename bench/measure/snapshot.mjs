// A snapshot of a million blocks, and the same in C: ROUNDS.
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { snapshotState } from '../states.mjs';
import { Api } from '../ways/api.mjs';
import { C } from '../ways/c.mjs';
import { agree, build } from '../ways/way.mjs';
import { report } from './report.mjs';

const [c, api] = [new C(snapshotState.space), new Api(snapshotState.space)];
for (const way of [c, api]) build(way, snapshotState);
if (!agree(c, api)) throw new Error('The API has come to other blocks than C.');
const count = api.blocks().offsets.length;

const measurements = {
  c: () => timed(() => c.copyBlocks(), count),
  api: () => timed(() => void api.blocks(), count),
};
await interleave(measurements, 2);
report({ count, times: await interleave(measurements, Number(process.argv[2])) });
