// Effects of operations: what a table of them says after a line is what the replayed allocator holds there.
import { describe, expect, test } from '@jest/globals';
import { openTrace, replayTrace, TraceReplayer, type LineReader } from 'gpu-buddy/trace';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { EffectsRecorder } from '../../lib/trace/effects/effects-recorder';
import { EffectsTable } from '../../lib/trace/effects/effects-table';
import { EffectsWriter } from '../../lib/trace/effects/effects-writer';
import { StepKind } from '../../lib/trace/effects/frame';
import { STATE_ALLOCATED, STATE_CLEAR } from '../../lib/native';
import { Random } from '../support/random';
import { linesOf } from './lines';

const ROOT = path.join(__dirname, '../..');
const RECORDED = ['examples/traces', 'test/golden'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith('.trace.gz'))
    .map((name) => path.join(folder, name)),
);

/** The allocator after a line: its allocated blocks by address, and its counts. */
interface State {
  readonly line: number;
  readonly used: number;
  readonly clear: number;
  readonly blocks: readonly string[];
}

/** Replays a trace, and stops behind some of its lines. */
async function replayed(trace: LineReader, stops: readonly number[]) {
  const table = new EffectsTable();
  const recorder = new EffectsRecorder((frame) => {
    table.append(frame);
    return undefined;
  });
  using replayer = new TraceReplayer();
  const states: State[] = [];
  for (const line of [...stops, Infinity]) {
    await replayTrace(trace, replayer, [recorder], { lastLine: line });
    const snapshot = replayer.snapshot();
    if (!snapshot || line === Infinity) continue;
    const { size, avail, clearAvail, blocks } = snapshot;
    const rows = [...blocks.offsets.keys()].filter((row) => (blocks.states[row] ?? 0) & STATE_ALLOCATED);
    states.push({
      line,
      used: size - avail,
      clear: clearAvail,
      blocks: rows.map((row) => {
        const isClear = ((blocks.states[row] ?? 0) & STATE_CLEAR) !== 0;
        return blockText(blocks.offsets[row], blocks.orders[row], isClear);
      }),
    });
  }
  await recorder.finish();
  return { table, states };
}

function blockText(offset = 0, order = 0, isClear = false): string {
  return `${offset.toString(16)}:${String(order)}:${isClear ? '1' : '0'}`;
}

/** Reads from the table the moment after a line. */
function stateOf(table: EffectsTable, line: number): State {
  const step = table.stepAtLine(line);
  const { offset, order, clear } = table.blocks.columns;
  const rows = [...table.liveRows(step)].sort((a, b) => (offset[a] ?? 0) - (offset[b] ?? 0));
  return {
    line,
    used: table.steps.columns.used[step] ?? 0,
    clear: table.steps.columns.clear[step] ?? 0,
    blocks: rows.map((row) => blockText(offset[row], order[row], clear[row] === 1)),
  };
}

describe('a table of effects', () => {
  test.each(RECORDED)('holds the blocks of %s at 50 random lines', async (file) => {
    const random = new Random(1);
    const lines = Array.from({ length: 50 }, () => 1 + random.below(4000));
    using trace = await openTrace(path.join(ROOT, file));
    const { table, states } = await replayed(
      trace,
      [...new Set(lines)].sort((a, b) => a - b),
    );

    expect(states.length).toBeGreaterThan(0);
    for (const state of states) expect(stateOf(table, state.line)).toEqual(state);
  });

  test('follows each way in which a list changes', async () => {
    const trace = [
      'gpu-buddy-trace 2',
      'buddy.new 0x10000 0x1000 name="a" time=5 baseOffset=0x100000',
      'account.open 3',
      'buddy.claim 7 0x0:1 0x4000:0',
      'buddy.clear 0x8000:3',
      'begin',
      'buddy.alloc 1 0x3000 label="mesh" time=10',
      'buddy.alloc 2 0x1000 clear label="mesh" time=20 account=3',
      'blocks.extend 1 0x2000 time=30',
      'blocks.trim 2 0x1000',
      'blocks.freeBlock 1 0',
      'blocks.append 7 1',
      'blocks.append - 2',
      'buddy.resetClear 1',
      'blocks.undo 2',
      'blocks.free 7 cleared',
      'fini',
    ];
    const stops = trace.map((_, index) => index + 1).slice(1, -1);
    const { table, states } = await replayed(linesOf(trace.join('\n')), stops);

    for (const state of states) expect(stateOf(table, state.line)).toEqual(state);
    expect(table.spaces).toEqual([
      { allocator: 0, name: 'a', size: 0x10000, chunkSize: 0x1000, baseOffset: '1048576', firstStep: 0 },
    ]);
    const { id, label, account } = table.lists.columns;
    const lists = Array.from({ length: table.lists.length }, (_, row) => [
      id[row],
      table.texts[label[row] ?? 0],
      account[row],
    ]);
    expect(lists).toEqual([
      [7, '', 0],
      [1, 'mesh', 0],
      [2, 'mesh', 3],
    ]);
    expect(table.hasTimes).toBe(true);
    expect(table.steps.columns.time[table.stepAtLine(9)]).toBe(30);
    // The blocks of a list that was appended are those of the other one.
    const step = table.stepAtLine(12);
    const owners = [...table.liveRows(step)].map(
      (row) => table.lists.columns.id[table.blocks.columns.list[row] ?? 0],
    );
    expect([...new Set(owners)].sort()).toEqual([2, 7]);
  });

  test('keeps the spaces of several allocators apart', async () => {
    const trace = [
      'init 0x10000 0x1000',
      'init 0x8000 0x1000 on=4',
      'alloc 0 0x0 0x10000 0x2000 0x1000 0x0',
      'alloc 0 0x0 0x8000 0x1000 0x1000 0x0 on=4',
      'free 0 0x0',
      'fini',
      'init 0x4000 0x1000',
      'alloc 0 0x0 0x4000 0x4000 0x1000 0x0',
    ];
    const { table, states } = await replayed(linesOf(`gpu-buddy-trace 2\n${trace.join('\n')}`), [4, 5, 6, 9]);

    for (const state of states) expect(stateOf(table, state.line)).toEqual(state);
    expect(table.spaces.map(({ allocator, size }) => [allocator, size])).toEqual([
      [0, 0x10000],
      [4, 0x8000],
      [0, 0x4000],
    ]);
    const last = table.steps.length - 1;
    expect(table.spaces.map((space) => table.liveRows(last, space).length)).toEqual([0, 1, 1]);
  });

  test('tells failures with what was asked for', async () => {
    const trace = [
      'gpu-buddy-trace 2',
      'init 0x10000 0x1000',
      'alloc 0 0x0 0x10000 0xc000 0x1000 0x0',
      'alloc 1 0x0 0x10000 0x8000 0x1000 0x2',
      'buddy.probe 0x8000 contiguous range=0x0..0x8000 label="big"',
    ];
    const { table } = await replayed(linesOf(trace.join('\n')), []);
    const told = table.failures.map(({ code, operation, label, ...rest }) => ({
      ...rest,
      texts: [code, operation, label].map((text) => table.texts[text]),
    }));
    const noSpace = { size: 0x8000, rangeStart: 0, rangeEnd: 0 };
    expect(told).toEqual([
      { ...noSpace, step: 2, texts: ['ENOSPC', 'alloc', ''], minBlockSize: 0x1000, flags: 2 },
      {
        ...noSpace,
        step: 3,
        texts: ['ENOSPC', 'buddy.probe', 'big'],
        minBlockSize: 0,
        flags: 5,
        rangeEnd: 0x8000,
      },
    ]);
    expect([...table.steps.columns.kind.subarray(2, 4)]).toEqual([StepKind.FAILURE, StepKind.FAILURE]);
  });

  test('cuts a label of a megabyte', () => {
    const writer = new EffectsWriter();
    const table = new EffectsTable();
    writer.add(
      { kind: 'init', size: 0x10000, chunkSize: 0x1000 },
      1,
      '0 avail=0x10000 clear_avail=0x0',
      0x10000,
    );
    const label = `${'x'.repeat(255)}😀${'y'.repeat(2 ** 20)}`;
    const answer = '0 0x0:0:0 avail=0xf000 clear_avail=0x0';
    writer.add({ kind: 'buddy.alloc', id: 0, size: 4096, label }, 2, answer, 0x10000);
    table.append(writer.take());
    expect(table.texts).toEqual(['', `${'x'.repeat(255)}…`]);
  });

  test('refuses bytes that are no frame, or a part of one', () => {
    const writer = new EffectsWriter();
    writer.add(
      { kind: 'init', size: 0x10000, chunkSize: 0x1000 },
      1,
      '0 avail=0x10000 clear_avail=0x0',
      0x10000,
    );
    const frame = writer.take();
    expect(() => {
      new EffectsTable().append(frame.subarray(0, frame.length - 1));
    }).toThrow(RangeError);
    expect(() => {
      new EffectsTable().append(Uint8Array.of(9, 1));
    }).toThrow('The effects are of version 9, not 1.');
  });
});
