// The types of gpu-buddy/metrics. Never run: see ../types.test.ts.
import type { Meter } from '@opentelemetry/api';
import { expectTypeOf } from 'expect-type';
import type { GpuBuddy } from 'gpu-buddy';
import { observeBuddy, observeQueue, type Observation } from 'gpu-buddy/metrics';
import type { AllocQueue } from 'gpu-buddy/queue';

declare const meter: Meter;
declare const numbers: GpuBuddy;
declare const bigints: GpuBuddy<bigint>;
declare const queue: AllocQueue<bigint>;

expectTypeOf(observeBuddy(meter, numbers)).toEqualTypeOf<Observation>();
expectTypeOf(observeBuddy(meter, bigints, { host: 'a' })).toExtend<Disposable>();
expectTypeOf(observeQueue(meter, queue)).toEqualTypeOf<Observation>();
// @ts-expect-error -- not an allocator
observeBuddy(meter, queue);
