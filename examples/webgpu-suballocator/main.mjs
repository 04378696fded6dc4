/** Computes with vectors of random lengths, checks every number, and prints how the memory was used. */
import Table from 'cli-table3';
import { findAdapter, NoAdapterError } from './adapter.mjs';
import { Engine } from './engine.mjs';

const FRAMES = 40;
const JOBS = 16;
const HEAP_SIZE = 4 * 2 ** 20;
const LONGEST = 2 ** 16;

/** Gives a random whole number from 0 up to, not including, `end`. @param {number} end */
const random = (end) => Math.floor(Math.random() * end);

/** Gives a vector of random numbers. @param {number} length */
const vector = (length) => Uint32Array.from({ length }, () => random(2 ** 32));

async function main() {
  const adapter = await findAdapter();
  console.log(`Computing on ${adapter.info.description || adapter.info.device}`);
  const device = await adapter.requestDevice();
  device.addEventListener('uncapturederror', ({ error }) => {
    throw error;
  });

  let right = 0;
  let wrong = 0;
  const engine = new Engine(device, HEAP_SIZE, ({ factor, x, y }, values) => {
    const isRight = values.every((value, i) => value === (Math.imul(factor, x[i]) + y[i]) >>> 0);
    if (isRight) right += 1;
    else wrong += 1;
  });
  for (let frame = 0; frame < FRAMES; frame++) {
    for (let i = 0; i < JOBS; i++) {
      const length = 1 + random(LONGEST);
      await engine.submit({ factor: random(2 ** 32), x: vector(length), y: vector(length) });
    }
    await engine.nextFrame();
  }
  await engine.collect();
  device.destroy();

  const table = new Table({
    head: ['buffer', 'KiB', 'ranges', 'most in use'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const { label, buddy, ranges, peak } of engine.heaps)
    table.push([label, buddy.size / 2 ** 10, ranges, `${((100 * peak) / buddy.size).toFixed(0)} %`]);
  console.log(table.toString());
  console.log(`${right} results are right, ${wrong} wrong`);
  if (wrong > 0) process.exitCode = 1;
}

await main().catch((error) => {
  if (!(error instanceof NoAdapterError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
