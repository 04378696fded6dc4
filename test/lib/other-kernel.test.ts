// Tokens and saved states of a copy of this package that has another kernel's allocator inside.
import { expect, test } from '@jest/globals';
import { AllocatedBlocks, GpuBuddy, kernelVersion, SZ_1M, SZ_4K } from 'gpu-buddy';
import { thrownBy } from '../support/allocator-state';

const OTHER = '6.12.117';
const BOTH = `(it is of the allocator of Linux ${OTHER}, and this is that of Linux ${kernelVersion})`;

const buddy = new GpuBuddy({ size: SZ_1M });
const blocks = buddy.allocBlocks(SZ_4K);
const parked = blocks.park();
const account = buddy.account({ name: 'tenant' });
const foreign = <T extends object>(token: T): T => ({ ...token, kernel: OTHER });

test.each<[what: string, code: string, use: () => unknown]>([
  ['an allocator', 'ERR_GPU_BUDDY_TOKEN', () => GpuBuddy.from(foreign(buddy.share()))],
  ['a list', 'ERR_GPU_BUDDY_TOKEN', () => AllocatedBlocks.adopt(foreign(parked))],
  [
    'a list, by its allocator',
    'ERR_GPU_BUDDY_TOKEN',
    () => AllocatedBlocks.adopt({ ...parked, buddy: foreign(parked.buddy) }),
  ],
  [
    'a list that is to be freed',
    'ERR_GPU_BUDDY_TOKEN',
    () => {
      AllocatedBlocks.revoke(foreign(parked));
    },
  ],
  ['an account', 'ERR_GPU_BUDDY_TOKEN', () => buddy.openAccount(foreign(account.share()))],
  ['a saved state', 'EINVAL', () => GpuBuddy.restore(foreign(buddy.save()))],
])('%s is refused, and both kernels are named', (_, code, use) => {
  const error = thrownBy(use);
  expect(error).toMatchObject({ code, message: expect.stringContaining(BOTH) });
  expect(buddy.parked()).toHaveLength(1);
});

test('a state is taken by another release of the same series', () => {
  const [series = ''] = /^\d+\.\d+/.exec(kernelVersion) ?? [];
  const { buddy: restored } = GpuBuddy.restore({ ...buddy.save(), kernel: `${series}.99` });
  expect(restored.avail).toBe(buddy.avail);
});
