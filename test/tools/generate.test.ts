// The generator of traces: repeatable, valid, and aiming at what is there.
import { describe, expect, test } from '@jest/globals';
import { parseOperation, TraceReplayer } from 'gpu-buddy/trace';
import { FEWEST_OPERATIONS, generate } from '../../tools/oracle/generator/generate.mjs';
import { profiles } from '../../tools/oracle/generator/profiles.mjs';

const names = Object.keys(profiles);

function lines(profile: string, { seed = '1', operations = 2000 } = {}): string[] {
  return [...generate({ profile, seed, operations })];
}

/** Counts of operations by name and error number, such as `alloc 0`. */
function outcomes(trace: string[]): Map<string, number> {
  using replayer = new TraceReplayer();
  const counts = new Map<string, number>();
  for (const line of trace) {
    const operation = parseOperation(line);
    replayer.execute(operation);
    const key = `${operation.kind} ${replayer.errno}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(replayer.isLive).toBe(false);
  return counts;
}

describe.each(names)('profile %s', (profile) => {
  const trace = lines(profile);
  const counts = outcomes(trace);
  const of = (key: string) => counts.get(key) ?? 0;

  test('has a first line that says how to make it again, and as many operations as asked for', () => {
    expect(trace[0]).toBe(`# npm run oracle -- generate --profile ${profile} --seed 1 --operations 2000`);
    expect(trace.filter((line) => !line.startsWith('#'))).toHaveLength(2000);
  });

  test('is the same for the same seed, another for another', () => {
    expect(lines(profile)).toEqual(trace);
    expect(lines(profile, { seed: '2' }).slice(1)).not.toEqual(trace.slice(1));
  });

  test('allocates, is refused, trims and finds blocks', () => {
    expect(of('alloc 0')).toBeGreaterThan(100);
    expect(of('alloc -28')).toBeGreaterThan(5);
    expect(of('trim 0')).toBeGreaterThan(3);
    expect(of('lookup 0')).toBeGreaterThan(20);
    expect(of('print 0')).toBeGreaterThan(0);
  });

  test('frees what it allocates, whatever its length', () => {
    for (let operations = FEWEST_OPERATIONS; operations < 40; operations++) {
      const short = lines(profile, { operations });
      expect(short).toHaveLength(operations + 1);
      outcomes(short);
    }
  });
});

test('the profile of invalid arguments is mostly refused', () => {
  const counts = outcomes(lines('invalid-arguments'));
  expect(counts.get('alloc -22')).toBeGreaterThan(counts.get('alloc 0') ?? 0);
});

test('the profile of life cycles makes many allocators, and fails to make some', () => {
  const counts = outcomes(lines('life-cycles'));
  expect(counts.get('init 0')).toBeGreaterThan(15);
  expect(counts.get('init -22')).toBeGreaterThan(3);
});

test('no request comes to so many chunks that the kernel would lose count', () => {
  for (const profile of ['huge', 'mixed', 'life-cycles']) {
    let [size, chunk] = [0n, 1n];
    for (const line of lines(profile, { operations: 10_000 })) {
      const operation = parseOperation(line);
      if (operation.kind === 'init') [size, chunk] = [BigInt(operation.size), BigInt(operation.chunkSize)];
      if (operation.kind !== 'alloc') continue;
      const [wanted, min] = [BigInt(operation.size), BigInt(operation.minBlockSize)];
      const isExact = BigInt(operation.start) + wanted === BigInt(operation.end);
      const rounded = wanted > min ? wanted : min;
      if (!isExact && rounded <= size) expect(rounded / chunk).toBeLessThan(2n ** 32n);
    }
  }
});
