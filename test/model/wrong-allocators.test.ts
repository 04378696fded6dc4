/** The model can fail: it finds out allocators that are wrong in one thing, and what it finds can be replayed. */
import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, type AllocatedBlocks, type Bytes } from 'gpu-buddy';
import { parseOperation, TraceReplayer } from 'gpu-buddy/trace';
import fc from 'fast-check';
import { findDisagreement } from './check';
import { Delegate } from './delegates';
import { program } from './program';
import { explainProgram } from './run';
import type { SubjectList } from './subject';
import { scale } from './wrong';
import { wrongAccounts } from './wrong-accounts';
import { wrongAllocators } from './wrong-allocators';
import { wrongAnswers } from './wrong-answers';
import { wrongNumbers } from './wrong-numbers';

const RUNS = 500;

/** Result lines of the operations of a trace. */
function replay(trace: string): { readonly line: string; readonly result: string }[] {
  using replayer = new TraceReplayer();
  return trace
    .trimEnd()
    .split('\n')
    .map((line) => ({ line, result: replayer.execute(parseOperation(line)) }));
}

describe('an allocator is found out that', () => {
  test.each([...wrongAllocators, ...wrongAccounts, ...wrongAnswers, ...wrongNumbers])('%s', (_, make) => {
    expect(findDisagreement(make, { runs: RUNS, seed: 1, shrink: false })).toContain('init 0x');
  });
});

describe('a disagreement', () => {
  const [wrong, make] = wrongAllocators.find(([name]) => name === 'frees as dirty what is cleared') ?? [];
  if (!make) throw new Error(`There is no such allocator: ${String(wrong)}.`);
  const found = findDisagreement(make, { runs: RUNS, seed: 1 }) ?? '';
  const trace = found.split('\n\n')[1] ?? '';

  test('is shrunk to the few calls that it takes', () => {
    const lines = trace.split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['init', 'alloc', 'free']);
    expect(lines.at(-1)).toBe('free 0 0x10');
  });

  test('is told as a trace that can be replayed', () => {
    expect(replay(trace).every(({ result }) => result.startsWith('0 '))).toBe(true);
  });

  test('is found again by its seed and path', () => {
    const [, seed, path] = /GPU_BUDDY_MODEL_SEED=(\d+) GPU_BUDDY_MODEL_PATH=([\d:]+)/.exec(found) ?? [];
    const again = findDisagreement(make, { runs: 1, seed: Number(seed), path, shrink: false });
    expect(again?.split('\n')[0]).toBe(found.split('\n')[0]);
    expect(again).toContain(trace);
  });
});

/** Notes where each list begins, in the kernel's unit. */
class Noting extends Delegate {
  readonly offsets: bigint[] = [];

  override show(list: AllocatedBlocks<Bytes>): SubjectList {
    const offset = BigInt(list.at(0)?.offset ?? 0) - BigInt(this.baseOffset);
    this.offsets.push(offset * scale(this.chunkSize));
    return super.show(list);
  }
}

test('the trace of a program gives its lists in the same places', () => {
  // A trace's free_block frees otherwise than freeBlock(), and it knows no accounts, claims or growing lists: without these, all is the same.
  const unknown = new Set<string>(['freeBlock', 'account', 'claim', 'append', 'extend']);
  const programs = fc.sample(program, { numRuns: 150, seed: 1 }).map((given) => ({
    ...given,
    steps: given.steps.filter(({ call }) => !unknown.has(call)),
    disposeFirst: false,
  }));
  let lists = 0;
  for (const given of programs) {
    let noting: Noting | undefined;
    const { trace, disagreement } = explainProgram(
      given,
      (options) => (noting = new Noting(new GpuBuddy(options))),
    );
    expect(disagreement).toBeUndefined();
    if (!noting) continue;
    const offsets = replay(trace)
      .filter(({ line, result }) => line.startsWith('alloc ') && result.startsWith('0 '))
      .map(({ result }) => BigInt(result.split(' ')[1]?.split(':')[0] ?? -1));
    expect(offsets).toEqual(noting.offsets);
    lists += offsets.length;
  }
  expect(lists).toBeGreaterThan(500);
});
