// The types of gpu-buddy/trace. Never run: see ../types.test.ts.
import { expectTypeOf } from 'expect-type';
import { TraceReplayer, type AllocatorStats, type SpaceSnapshot, type TraceOperation } from 'gpu-buddy/trace';

declare const operation: TraceOperation;

const replayer = new TraceReplayer();
expectTypeOf(replayer.execute(operation)).toBeString();
expectTypeOf(replayer.stats()).toEqualTypeOf<AllocatorStats | undefined>();
expectTypeOf(replayer.snapshot()).toEqualTypeOf<SpaceSnapshot | undefined>();
expectTypeOf<SpaceSnapshot['blocks']['offsets']>().toEqualTypeOf<Float64Array>();
// @ts-expect-error -- alloc has more fields
replayer.execute({ kind: 'alloc', id: 0 });
