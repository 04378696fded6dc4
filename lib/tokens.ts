/**
 * Makes and checks tokens, which name an allocator, a list or an account in another thread. A token is plain data, for `postMessage()` or
 * JSON. It has no other content: native code knows the rest.
 */
import { toFlag } from './arguments';
import { gpuBuddyError, invalidArgType } from './errors';
import * as native from './native';
import { kernelVersion, type Token } from './native';
import { toOptions, type Names } from './options';

/** Names an allocator in every thread of this process. Made by `GpuBuddy.share()`. */
export interface GpuBuddyToken {
  readonly type: 'GpuBuddy';
  /** 128 random bits, in hexadecimal. */
  readonly id: string;
  /** The release of Linux whose allocator it is of, such as `7.3.4`: a copy of this package with another one refuses it. */
  readonly kernel: string;
}

/** Names a list of blocks that waits for a new owner. Made by `AllocatedBlocks.transfer()` and `park()`. */
export interface AllocatedBlocksToken {
  readonly type: 'AllocatedBlocks';
  /** 128 random bits, in hexadecimal. */
  readonly id: string;
  /** The release of Linux whose allocator it is of, such as `7.3.4`: a copy of this package with another one refuses it. */
  readonly kernel: string;
  readonly buddy: GpuBuddyToken;
}

/** Names an account of an allocator. Made by `Account.share()`. */
export interface AccountToken {
  readonly type: 'Account';
  /** 128 random bits, in hexadecimal. */
  readonly id: string;
  /** The release of Linux whose allocator it is of, such as `7.3.4`: a copy of this package with another one refuses it. */
  readonly kernel: string;
  /** Name of the account, for messages. */
  readonly name?: string | undefined;
}

/** How to open a token. */
export interface OpenOptions {
  /** Gives out bigints instead of numbers, whatever other threads do. Default: false. */
  readonly bigint?: boolean | undefined;
}

const OPEN_OPTION_NAMES: Names<OpenOptions> = { bigint: true };

/** Tells whether bigints are to be given out. */
export function wantsBigint(options: OpenOptions | undefined): boolean {
  return toFlag('bigint', toOptions('options', options, OPEN_OPTION_NAMES).bigint);
}

export function toBuddyToken(argument: string, value: unknown): GpuBuddyToken {
  if (!isObject(value)) throw invalidArgType(argument, 'a token made by share()', value);
  const { type, id, kernel } = value;
  if (type !== 'GpuBuddy' || !isId(id)) throw invalidArgType(argument, 'a token made by share()', value);
  return { type, id, kernel: toOwnKernel(argument, kernel) };
}

export function toBlocksToken(argument: string, value: unknown): AllocatedBlocksToken {
  if (!isObject(value)) throw invalidArgType(argument, 'a token made by transfer() or park()', value);
  const { type, id, kernel, buddy } = value;
  if (type !== 'AllocatedBlocks' || !isId(id))
    throw invalidArgType(argument, 'a token made by transfer() or park()', value);
  return {
    type,
    id,
    kernel: toOwnKernel(argument, kernel),
    buddy: toBuddyToken(`${argument}.buddy`, buddy),
  };
}

/** @param id the allocator's */
export function blocksToken(id: string, ticket: Token): AllocatedBlocksToken {
  return { type: 'AllocatedBlocks', id: toId(ticket), kernel: kernelVersion, buddy: buddyToken(id) };
}

export function buddyToken(id: string): GpuBuddyToken {
  return { type: 'GpuBuddy', id, kernel: kernelVersion };
}

export function accountToken(ticket: Token, name: string | undefined): AccountToken {
  return { type: 'Account', id: toId(ticket), kernel: kernelVersion, name };
}

export function toAccountToken(argument: string, value: unknown): AccountToken {
  if (!isObject(value)) throw invalidArgType(argument, 'a token made by share()', value);
  const { type, id, kernel, name } = value;
  if (type !== 'Account' || !isId(id)) throw invalidArgType(argument, 'a token made by share()', value);
  const token = { type, id, kernel: toOwnKernel(argument, kernel) } as const;
  if (name === undefined) return token;
  if (typeof name !== 'string') throw invalidArgType(`${argument}.name`, 'of type string', name);
  return { ...token, name };
}

/** Refuses a token of another kernel: each has its own copy of all that is known natively. */
function toOwnKernel(argument: string, kernel: unknown): string {
  if (typeof kernel !== 'string') throw invalidArgType(`${argument}.kernel`, 'of type string', kernel);
  if (kernel === kernelVersion) return kernel;
  throw gpuBuddyError(native.TOKEN_UNKNOWN, 'gpu_buddy', {
    note: `it is of the allocator of Linux ${kernel}, and this is that of Linux ${kernelVersion}`,
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

export function toId([high, low]: Token): string {
  return [high, low].map((word) => word.toString(16).padStart(16, '0')).join('');
}

export function fromId(id: string): Token {
  return [BigInt(`0x${id.slice(0, 16)}`), BigInt(`0x${id.slice(16)}`)];
}
