/**
 * Adds `adopt()` and `revoke()` to `AllocatedBlocks`. They need the class of lists and that of allocators: a list
 * may arrive before its allocator is open here.
 */
import { AllocatedBlocks } from './allocated-blocks';
import type * as api from './api';
import { findAllocator } from './directory';
import { allocatorOf, openToken } from './gpu-buddy';
import { putGuardBack, spareSlot, takeGuard } from './guard';
import * as native from './native';
import type { Bytes } from './native';
import { fromId, toBlocksToken, wantsBigint, type AllocatedBlocksToken, type OpenOptions } from './tokens';

function adopt(token: AllocatedBlocksToken, options?: OpenOptions): AllocatedBlocks<Bytes> {
  const { id, buddy } = toBlocksToken('token', token);
  const isBigint = wantsBigint(options);
  const allocator = findAllocator(buddy.id, isBigint) ?? allocatorOf(openToken(buddy, isBigint));
  const slot = spareSlot();
  const guard = takeGuard();
  const status = native.adopt(allocator.handle, slot, fromId(id));
  if (status !== native.OK) {
    putGuardBack(guard);
    throw allocator.toError(status, 'gpu_buddy_block');
  }
  return new AllocatedBlocks(allocator, guard, slot, native.reportedTag());
}

type Adopt = Pick<typeof api.AllocatedBlocks, 'adopt'>;

const complete = Object.defineProperty(AllocatedBlocks, 'adopt', {
  value: adopt,
  configurable: true,
  writable: true,
}) as typeof AllocatedBlocks & Adopt;

export { complete as AllocatedBlocks };
