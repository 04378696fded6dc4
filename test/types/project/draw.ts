// The types of gpu-buddy/draw. Never run: see ../types.test.ts.
import { expectTypeOf } from 'expect-type';
import type { GpuBuddy } from 'gpu-buddy';
import { drawMap, drawOrders, drawTimeline, readHistories, type TraceHistory } from 'gpu-buddy/draw';
import type { LineReader, SpaceSnapshot, TraceError } from 'gpu-buddy/trace';

declare const numbers: GpuBuddy;
declare const bigints: GpuBuddy<bigint>;
declare const snapshot: SpaceSnapshot;
declare const trace: LineReader;
declare const history: TraceHistory;
declare function ignore(error: TraceError): void;

expectTypeOf(drawMap(numbers)).toEqualTypeOf<string>();
expectTypeOf(
  drawMap(bigints, { colorBy: 'label', label: (tag) => `tag ${tag}`, theme: 'dark' }),
).toBeString();
expectTypeOf(drawMap(snapshot, { width: 640, title: 'Memory' })).toBeString();
expectTypeOf(readHistories(trace, { onSkipped: ignore })).resolves.toEqualTypeOf<TraceHistory[]>();
expectTypeOf(drawTimeline(history)).toBeString();
expectTypeOf(drawOrders(history)).toBeString();
// @ts-expect-error -- no such colours
drawMap(numbers, { colorBy: 'age' });
// @ts-expect-error -- not an allocator
drawMap(trace);
