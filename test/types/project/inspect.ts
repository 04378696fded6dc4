// The types of gpu-buddy/inspect. Never run: see ../types.test.ts.
import { expectTypeOf } from 'expect-type';
import type { GpuBuddy } from 'gpu-buddy';
import {
  inspect,
  mountInspection,
  type PageError,
  type Inspection,
  type MountedInspection,
} from 'gpu-buddy/inspect';

declare const numbers: GpuBuddy;
declare const bigints: GpuBuddy<bigint>;

expectTypeOf(inspect(numbers)).toEqualTypeOf<Promise<Inspection>>();
expectTypeOf(
  inspect(bigints, { port: 8080, label: ({ tag }) => `lease ${String(tag)}` }),
).resolves.toExtend<AsyncDisposable>();
expectTypeOf(
  mountInspection(numbers, { path: '/inspect', authenticated: true }),
).toEqualTypeOf<MountedInspection>();
expectTypeOf<PageError['code']>().toEqualTypeOf<'ERR_GPU_BUDDY_NO_PAGE'>();
// @ts-expect-error -- misspelt
void inspect(numbers, { prot: 8080 });
// @ts-expect-error -- it listens nowhere
mountInspection(numbers, { port: 8080 });
