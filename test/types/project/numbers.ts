// Types of numbers and bigints. Never run: a compiler reads it, see ../types.test.ts.
import { expectTypeOf } from 'expect-type';
import {
  AllocatedBlocks,
  GpuBuddy,
  type AllocatedBlock,
  type AllocatedBlocksToken,
  type BatchResult,
  type BlockInfo,
  type BlockTable,
  type GpuBuddyState,
  type GpuBuddyStats,
  type GpuBuddyToken,
  type ParkedBlocks,
  type Pool,
  type PoolHandle,
  type Restored,
  type Segment,
} from 'gpu-buddy';

declare const token: GpuBuddyToken;
declare const blocksToken: AllocatedBlocksToken;
declare const isBigint: boolean;

type Of<N extends number | bigint> = GpuBuddy<N>;

const numbers = new GpuBuddy({ size: 4096n });
expectTypeOf(numbers).toEqualTypeOf<GpuBuddy>();
expectTypeOf(numbers).toEqualTypeOf<Of<number>>();
expectTypeOf(new GpuBuddy({ size: 4096, bigint: false })).toEqualTypeOf<GpuBuddy>();
expectTypeOf(numbers.avail).toBeNumber();
expectTypeOf(numbers.findFree(1n)).toEqualTypeOf<number | null>();
expectTypeOf(numbers.availIn({ start: 0, end: 1n })).toBeNumber();
expectTypeOf(numbers.blockAt(0)).toEqualTypeOf<BlockInfo | null>();
expectTypeOf(numbers.freeSegments()).toEqualTypeOf<Segment[]>();
expectTypeOf(numbers.snapshot()).toEqualTypeOf<BlockTable>();
expectTypeOf(numbers.snapshot().offsets).toEqualTypeOf<Float64Array>();
expectTypeOf(numbers.stats()).toEqualTypeOf<GpuBuddyStats>();
expectTypeOf(numbers.allocBlocks(1)).toEqualTypeOf<AllocatedBlocks>();
expectTypeOf(numbers.allocBlocks(1).at(0)).toEqualTypeOf<AllocatedBlock | undefined>();
expectTypeOf(numbers.allocBlocks(1).offset).toEqualTypeOf<number | undefined>();
expectTypeOf(numbers.batch().run()).toEqualTypeOf<BatchResult>();
expectTypeOf(numbers.pool()).toEqualTypeOf<Pool>();
expectTypeOf(numbers.pool()[Symbol.iterator]().next().value).toExtend<PoolHandle | undefined>();

const bigints = new GpuBuddy({ size: 4096, bigint: true });
expectTypeOf(bigints).toEqualTypeOf<GpuBuddy<bigint>>();
expectTypeOf(bigints.avail).toBeBigInt();
expectTypeOf(bigints.maxOrder).toBeNumber();
expectTypeOf(bigints.findFree(1)).toEqualTypeOf<bigint | null>();
expectTypeOf(bigints.tryAllocBlocks(1)).toEqualTypeOf<AllocatedBlocks<bigint> | null>();
expectTypeOf(bigints.allocBlocks(1).at(0)).toEqualTypeOf<AllocatedBlock<bigint> | undefined>();
expectTypeOf(bigints.allocBlocks(1).buddy).toEqualTypeOf<GpuBuddy<bigint>>();
expectTypeOf(bigints.allocBlocks(1).toArrays().offsets).toEqualTypeOf<BigUint64Array>();
expectTypeOf(bigints.batch().run().offsets).toEqualTypeOf<BigUint64Array>();
expectTypeOf(bigints.stats().orders[0]?.blockSize).toExtend<bigint | undefined>();
const pool = bigints.pool();
expectTypeOf(pool).toEqualTypeOf<Pool<bigint>>();
expectTypeOf(pool.buddy).toEqualTypeOf<GpuBuddy<bigint>>();
expectTypeOf(pool.alloc(1)).toEqualTypeOf<PoolHandle>();
expectTypeOf(pool.tryAlloc(1n)).toEqualTypeOf<PoolHandle | null>();
expectTypeOf(pool.offset(pool.alloc(1))).toBeBigInt();
expectTypeOf(pool.size(pool.alloc(1))).toBeBigInt();
expectTypeOf(pool.blocks(pool.alloc(1))).toEqualTypeOf<AllocatedBlocks<bigint>>();
expectTypeOf(pool.length).toBeNumber();
expectTypeOf([...pool]).toEqualTypeOf<PoolHandle[]>();

// The program alone knows which.
const either = new GpuBuddy({ size: 4096, bigint: isBigint });
expectTypeOf(either).toEqualTypeOf<GpuBuddy<number | bigint>>();
expectTypeOf(either.avail).toEqualTypeOf<number | bigint>();
expectTypeOf(numbers).toExtend<GpuBuddy<number | bigint>>();
expectTypeOf(bigints).not.toExtend<GpuBuddy>();
expectTypeOf(pool).not.toExtend<Pool>();
expectTypeOf(numbers.pool()).toExtend<Pool<number | bigint>>();
expectTypeOf(either.pool().offset(pool.alloc(1))).toEqualTypeOf<number | bigint>();

// Another thread's.
expectTypeOf(GpuBuddy.from(token)).toEqualTypeOf<GpuBuddy>();
expectTypeOf(GpuBuddy.from(token, { bigint: true })).toEqualTypeOf<GpuBuddy<bigint>>();
expectTypeOf(AllocatedBlocks.adopt(blocksToken)).toEqualTypeOf<AllocatedBlocks>();
expectTypeOf(AllocatedBlocks.adopt(blocksToken, { bigint: true })).toEqualTypeOf<AllocatedBlocks<bigint>>();
expectTypeOf(bigints.parked()).toEqualTypeOf<ParkedBlocks<bigint>[]>();
expectTypeOf(numbers.allocBlocks(1).park()).toEqualTypeOf<AllocatedBlocksToken>();

// One that was saved.
const state: GpuBuddyState = numbers.save();
expectTypeOf(bigints.save()).toEqualTypeOf<GpuBuddyState>();
expectTypeOf(GpuBuddy.restore(state)).toEqualTypeOf<Restored>();
expectTypeOf(GpuBuddy.restore(state, { maxSteps: 1 }).lists).toEqualTypeOf<AllocatedBlocks[]>();
expectTypeOf(GpuBuddy.restore(state, { bigint: true })).toEqualTypeOf<Restored<bigint>>();
expectTypeOf(GpuBuddy.restore(state, { bigint: isBigint }).buddy).toEqualTypeOf<GpuBuddy<number | bigint>>();
expectTypeOf(numbers.claim(bigints.allocBlocks(1))).toEqualTypeOf<AllocatedBlocks>();
expectTypeOf(bigints.claim([{ offset: 0, order: 0 }])).toEqualTypeOf<AllocatedBlocks<bigint>>();
bigints.allocBlocks(1).append(numbers.allocBlocks(1));
expectTypeOf(numbers.allocBlocks(1).tryExtend(1n)).toBeBoolean();

// Classes of one's own.
class Numbers extends GpuBuddy {}
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-arguments -- it must be possible
class MoreNumbers extends GpuBuddy<number> {}
class Bigints extends GpuBuddy<bigint> {
  constructor() {
    super({ size: 4096, bigint: true });
  }
}
expectTypeOf(new Numbers({ size: 1 }).avail).toBeNumber();
expectTypeOf(new MoreNumbers({ size: 1 }).avail).toBeNumber();
expectTypeOf(new Bigints().avail).toBeBigInt();
