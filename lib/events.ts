/**
 * Tells the subscribers of the diagnostics channels `gpu-buddy:alloc`, `:free`, `:failed` and `:wait` of the calls of this thread.
 *
 * Whoever calls one of these functions has looked at `hasSubscribers` first, so that without a subscriber nothing is made, and has
 * read all that it needs from the addon: a subscriber may call this library.
 */
import { channel, type Channel } from 'node:diagnostics_channel';
import { hrtime } from 'node:process';
import type { Account, AllocMessage, FailedMessage, FreeMessage, GpuBuddy, WaitMessage } from './api';
import { codeOf, type GpuBuddyErrorCode, type ShortageReason } from './errors';
import * as native from './native';
import type { Bytes } from './native';

export const allocated = channel('gpu-buddy:alloc');
export const freed = channel('gpu-buddy:free');
export const failed = channel('gpu-buddy:failed');
export const waited = channel('gpu-buddy:wait');

/** Replaces a number of bytes that nobody has subscribed to, or of nothing. */
export const UNTOLD = -1;

/** The part of an allocator that messages name. */
interface Named {
  readonly buddy: GpuBuddy<Bytes>;
  readonly name: string | undefined;
}

/** The part of a request that messages contain. */
interface Asked {
  readonly tag: number | undefined;
  readonly charged: Account<Bytes> | undefined;
}

/** Describes several requests that differ. */
export const VARIOUS: Asked = { tag: undefined, charged: undefined };

/** Tells whether a batch must collect what it has done, for subscribers. */
export function tellsOfBatches(): boolean {
  return allocated.hasSubscribers || freed.hasSubscribers || failed.hasSubscribers;
}

/** A finished call must return, even if the stack is too full for its subscribers. */
function publish(to: Channel, message: object): void {
  try {
    to.publish(message);
  } catch {
    // Node reports what subscribers throw as an uncaught exception, in the next tick.
  }
}

export function tellAlloc({ buddy, name }: Named, count: number, size: Bytes, { tag, charged }: Asked): void {
  const message: AllocMessage = { buddy, name, count, size: Number(size), tag, account: charged };
  publish(allocated, message);
}

/** @param count undefined, as the size, where nobody knows */
export function tellFree({ buddy, name }: Named, count?: number, size?: number): void {
  const message: FreeMessage = { buddy, name, count, size };
  publish(freed, message);
}

/** @param code of the error that is thrown, or would be */
export function tellFailed(
  { buddy, name }: Named,
  count: number,
  size: Bytes,
  { tag, charged }: Asked,
  code: GpuBuddyErrorCode,
  reason?: ShortageReason,
): void {
  const message: FailedMessage = {
    buddy,
    name,
    count,
    size: Number(size),
    tag,
    account: charged,
    code,
    reason,
  };
  publish(failed, message);
}

/** Tells of a failure whose reason is not known, only its status. */
export function tellStatus(named: Named, count: number, size: Bytes, asked: Asked, status: number): void {
  tellFailed(named, count, size, asked, codeOf(status), reasonKnownBy(status));
}

/** Gives the reason of a shortage as far as its status says it. */
function reasonKnownBy(status: number): ShortageReason | undefined {
  if (status === native.ABOVE_LIMIT) return 'limit';
  return status === native.ALL_RESERVED ? 'reserved' : undefined;
}

/** Tells of a wait when it ends. */
export async function tellWait({ buddy, name }: Named, waiting: number | Promise<number>): Promise<number> {
  const begin = hrtime();
  const tell = (epoch: number | undefined, error: unknown): void => {
    const [seconds, nanoseconds] = hrtime(begin);
    const message: WaitMessage = {
      buddy,
      name,
      milliseconds: 1e3 * seconds + nanoseconds / 1e6,
      epoch,
      error,
    };
    publish(waited, message);
  };
  try {
    const epoch = await waiting;
    tell(epoch, undefined);
    return epoch;
  } catch (error) {
    tell(undefined, error);
    throw error;
  }
}
