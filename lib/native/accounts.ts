/** Declares the calls on accounts: see native/buddy/account.h. */
import { calls, register, unregister, type Registry } from './addon';
import { numbers, put, putHandle, result, seal, status, token, wordResult } from './mailbox';
import { OK } from './constants';
import type { Bytes, Handle, Token } from './values';

/** Limit of an account without a limit. */
export const NO_LIMIT = 0xffff_ffff_ffff_ffffn;

/** Opens a new account that is the object's, whose end the registry tells by its slot; or gives the status. */
export function openAccount(
  registry: Registry,
  account: object,
  allocator: Handle,
  limit: Bytes,
  reserved: Bytes,
): Handle | number {
  putHandle(allocator);
  seal(put(2, limit) | put(3, reserved));
  calls.openAccount(register, registry, account);
  return opened();
}

/** Opens an account by its token. */
export function findAccount(
  registry: Registry,
  account: object,
  allocator: Handle,
  [high, low]: Token,
): Handle | number {
  putHandle(allocator);
  seal(put(2, high) | put(3, low));
  calls.findAccount(register, registry, account);
  return opened();
}

function opened(): Handle | number {
  return status() === OK ? { slot: result(0), generation: result(1) } : status();
}

/** Gives up the account of a live object. */
export function disposeAccount(registry: Registry, object: object, account: Handle): number {
  putHandle(account);
  seal();
  calls.disposeAccount(unregister, registry, object);
  return status();
}

/** Gives up the account of a collected object. */
export function forgetAccount(slot: number): void {
  numbers[0] = slot;
  seal();
  calls.forgetAccount();
}

/** Changes the values that are given. */
export function changeAccount(
  account: Handle,
  limit: Bytes | undefined,
  reserved: Bytes | undefined,
): number {
  putHandle(account);
  numbers[2] = limit === undefined ? 0 : 1;
  numbers[4] = reserved === undefined ? 0 : 1;
  seal(put(3, limit ?? 0) | put(5, reserved ?? 0));
  calls.changeAccount();
  return status();
}

/** Reads the quota of an account, and the bytes that it holds. */
export interface AccountInfo {
  /** `NO_LIMIT` without a limit. */
  readonly limit: bigint;
  readonly reserved: bigint;
  readonly used: number;
}

/** Returns the status if it fails. */
export function describeAccount(account: Handle): AccountInfo | number {
  putHandle(account);
  seal();
  calls.describeAccount();
  return status() === OK ? { limit: wordResult(0), reserved: wordResult(1), used: result(2) } : status();
}

/** The number of an account, for other environments of this process; or the status. */
export function shareAccount(account: Handle): Token | number {
  putHandle(account);
  seal();
  calls.shareAccount();
  return status() === OK ? token(0) : status();
}
