// The effects of a workload under a policy: the same blocks as the policy itself gives, after every request.
import { describe, expect, test } from '@jest/globals';
import { PLACEMENTS, readWorkloads, type Placement, type Workload } from 'gpu-buddy/trace';
import { EffectsTable } from '../../lib/trace/effects/effects-table';
import { policyEffects } from '../../lib/trace/effects/policy-effects';
import { PolicyRun } from '../../lib/trace/policy/policy-run';
import { toPolicy } from '../../lib/trace/policy/policy';
import { linesOf } from './lines';

const TRACE = [
  'buddy.new 0x20000 0x1000',
  'buddy.alloc 0 0x3000 label="first" time=5',
  'buddy.alloc 1 0x4000 time=7',
  'buddy.alloc 2 0x8000',
  'blocks.extend 0 0x2000',
  'blocks.free 1',
  'blocks.trim 2 0x5000 => 0 0x0:2:0 0x4000:0:0 avail=0x0 clear_avail=0x0',
  'buddy.alloc 3 0x10000',
  'blocks.append 0 2',
  'buddy.alloc 4 0x8000',
  'buddy.alloc 5 0x8000',
  'buddy.alloc 6 0x1000',
  'blocks.append 5 6',
  'buddy.probe 0x20000',
  'blocks.free 0',
  'blocks.free 3',
  'blocks.free 4',
  'blocks.free 5',
];

async function workloadOf(lines: readonly string[]): Promise<Workload> {
  const [workload] = await readWorkloads(linesOf(lines.join('\n')));
  if (!workload) throw new Error('no workload');
  return workload;
}

function tableOf(workload: Workload, mode: Placement, minBlockSize?: number): EffectsTable {
  const table = new EffectsTable();
  for (const frame of policyEffects(workload, { mode, minBlockSize })) table.append(frame);
  return table;
}

/** The blocks at a line, in the order of addresses. */
function blocksAt(table: EffectsTable, line: number): string[] {
  const { offset, order, list } = table.blocks.columns;
  return [...table.liveRows(table.stepAtLine(line))]
    .sort((a, b) => (offset[a] ?? 0) - (offset[b] ?? 0))
    .map(
      (row) =>
        `${String(offset[row])}:${String(order[row])} of ${String(table.lists.columns.id[list[row] ?? 0])}`,
    );
}

/** The blocks that each list of a run holds, in the order of addresses. */
function blocksOf(run: PolicyRun, { listCount }: Workload): string[] {
  const blocks = Array.from({ length: listCount }, (_, list) =>
    [...(run.list(list) ?? [])].map(({ offset, order }) => ({ offset, order, list })),
  );
  return blocks
    .flat()
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, order, list }) => `${offset}:${order} of ${list}`);
}

describe('effects of a policy', () => {
  const POLICIES = PLACEMENTS.flatMap((mode): [Placement, number | undefined][] => [
    [mode, undefined],
    [mode, 0x2000],
  ]);

  test.each(POLICIES)(
    'are the blocks of %s with smallest blocks of %p, at every line',
    async (mode, least) => {
      const workload = await workloadOf(TRACE);
      const table = tableOf(workload, mode, least);
      using run = new PolicyRun(workload, toPolicy(workload, { mode, minBlockSize: least }));
      let failures = 0;
      for (let index = 0; index < workload.length; index++) {
        if (run.serve(index) === 'failed') failures++;
        const line = workload.lines[index] ?? 0;
        expect([line, blocksAt(table, line)]).toEqual([line, blocksOf(run, workload)]);
        expect(table.steps.columns.used[table.stepAtLine(line)]).toBe(run.buddy.size - run.buddy.avail);
      }
      expect(table.failures).toHaveLength(failures);
      expect(failures).toBeGreaterThan(0);
    },
  );

  test('have labels and times of the recording, and say what failed', async () => {
    const workload = await workloadOf(TRACE);
    const { texts, lists, steps, failures, hasTimes } = tableOf(workload, 'simple');
    expect(texts[lists.columns.label[0] ?? 0]).toBe('first');
    expect(hasTimes).toBe(true);
    expect(Array.from(steps.columns.time.subarray(1, 3))).toEqual([5, 7]);
    expect(failures.map(({ code, size }) => [texts[code], size])).toContainEqual(['ENOSPC', 0x20000]);
  });

  test('a policy that no allocator can have is refused', async () => {
    const workload = await workloadOf(TRACE);
    expect(() => [...policyEffects(workload, { size: 100 })]).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
  });
});
