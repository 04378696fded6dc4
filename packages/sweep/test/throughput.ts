/** Compares `run` with as many independent processes, in turns: `npm run throughput`. Prints seconds of each round, and the ratio. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { writeSpecification } from './support/folder.js';
import { start } from './support/program.js';
import { writeTrace } from './support/traces.js';

const ROUNDS = 5;

const independent = fileURLToPath(new URL('support/independent.js', import.meta.url));
const processes = availableParallelism();
const folder = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-sweep-throughput-'));
try {
  const traces = [1, 2].map((seed) => writeTrace(folder, `${seed}.trace`, seed, 20_000));
  const sizes = Array.from({ length: 10 }, (_, index) => `${100 + 5 * index}%`);
  const spec = writeSpecification(folder, {
    traces,
    sizes,
    modes: ['simple', 'contiguous', 'range', 'top-down'],
  });
  const results = path.join(folder, 'results.jsonl');

  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rmSync(results, { force: true });
    const one = await secondsOf(() => start(['run', spec, '-o', results]));
    let lines: string[] = [];
    const other = await secondsOf(async () => {
      const shares = Array.from({ length: processes }, (_, first) =>
        execa(process.execPath, [independent, spec, String(first), String(processes)]),
      );
      lines = (await Promise.all(shares)).flatMap(({ stdout }) => stdout.split('\n'));
    });
    const ran = readFileSync(results, 'utf8').trim().split('\n');
    if (ran.toSorted().join() !== lines.toSorted().join()) throw new Error('The two have other results.');
    ratios.push(other / one);
    console.log(
      `run ${one.toFixed(2)} s, ${processes} processes ${other.toFixed(2)} s: ratio ${(other / one).toFixed(3)}`,
    );
  }
  const median = ratios.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  console.log(`throughput of run, ${processes} independent processes being 1: ${median.toFixed(3)}`);
} finally {
  rmSync(folder, { recursive: true });
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}
