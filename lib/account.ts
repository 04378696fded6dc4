/** Implements `Account`: counts and limits the bytes of one user. */
import { inspect, type InspectOptions } from 'node:util';
import type * as api from './api';
import { toBytes } from './arguments';
import {
  gpuBuddyError,
  illegalConstructor,
  invalidArgType,
  type AccountState,
  type GpuBuddyError,
} from './errors';
import { toJson, type Json } from './json';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { reclaimAll } from './reclaim';
import { Space } from './space';
import { accountToken, fromId, toAccountToken, type AccountToken } from './tokens';
import { markAsUncloneable } from './uncloneable';

const SYSCALL = 'gpu_buddy';

/** Replaces a missing account name in errors. */
export const UNNAMED = 'without a name';

const QUOTA_NAMES: Names<api.AccountQuota> = { limit: true, reserved: true };
const OPTION_NAMES: Names<api.AccountOptions> = { name: true, ...QUOTA_NAMES };

type Overview<N extends Bytes> = Pick<api.Account<N>, 'name' | 'used' | 'limit' | 'reserved'>;

interface Quota {
  readonly limit: Bytes | undefined;
  readonly reserved: Bytes | undefined;
}

/** The part of an allocator that its accounts need. */
interface Holder<N extends Bytes> {
  readonly handle: native.Handle;
  readonly space: Space<N>;
  readonly name: string | undefined;
}

/** Gives the handle of an account that is open, and what its errors say. */
export let handleOfAccount: (account: unknown) => native.Handle;
export let stateOfAccount: (account: api.Account<Bytes>) => AccountState | undefined;

const accounts = new FinalizationRegistry(native.forgetAccount);

export class Account<N extends Bytes = number> implements api.Account<N> {
  readonly #space: Space<N>;
  readonly #allocatorName: string | undefined;
  readonly #name: string | undefined;
  /** Is `undefined` once the account is given up. If this method is stopped in between, the collector gives the account up. */
  #handle: native.Handle | undefined;

  constructor(
    allocator: Holder<N>,
    open: (registry: FinalizationRegistry<number>, account: object) => native.Handle | number,
    name: string | undefined,
    given: Record<string, unknown>,
  ) {
    if (!((allocator as Partial<Holder<N>> | undefined)?.space instanceof Space)) throw illegalConstructor();
    markAsUncloneable(this);
    this.#space = allocator.space;
    this.#allocatorName = allocator.name;
    this.#name = name;
    let opened = open(accounts, this);
    // Collected lists may hold the bytes that are to be reserved.
    if (opened === native.RESERVED_NOT_FREE && reclaimAll()) opened = open(accounts, this);
    if (typeof opened === 'number') throw this.#error(opened, given);
    this.#handle = opened;
  }

  get name(): string | undefined {
    return this.#name;
  }

  get used(): N {
    return this.#space.bytes(this.#describe().used);
  }

  get limit(): N | null {
    const { limit } = this.#describe();
    return limit === native.NO_LIMIT ? null : this.#space.bytes(limit);
  }

  get reserved(): N {
    return this.#space.bytes(this.#describe().reserved);
  }

  get disposed(): boolean {
    return this.#handle === undefined;
  }

  update(quota: api.AccountQuota): void {
    const { limit, reserved } = toQuota('quota', toOptions('quota', quota, QUOTA_NAMES));
    const handle = this.#open();
    let status = native.changeAccount(handle, limit, reserved);
    if (status === native.RESERVED_NOT_FREE && reclaimAll())
      status = native.changeAccount(handle, limit, reserved);
    if (status !== native.OK) throw this.#error(status, { limit, reserved });
  }

  share(): AccountToken {
    const token = native.shareAccount(this.#open());
    if (typeof token === 'number') throw this.#error(token);
    return accountToken(token, this.#name);
  }

  dispose(): void {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle) native.disposeAccount(accounts, this, handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #open(): native.Handle {
    if (this.#handle) return this.#handle;
    throw this.#error(native.ACCOUNT_DISPOSED);
  }

  #describe(): native.AccountInfo {
    const info = native.describeAccount(this.#open());
    if (typeof info === 'number') throw this.#error(info);
    return info;
  }

  #error(status: number, given?: Record<string, unknown>): GpuBuddyError {
    return gpuBuddyError(status, SYSCALL, {
      given: { ...given, account: this.#name ?? UNNAMED },
      allocatorName: this.#allocatorName,
    });
  }

  get #overview(): Overview<N> {
    const { name, used, limit, reserved } = this;
    return { name, used, limit, reserved };
  }

  static {
    handleOfAccount = (account) => {
      if (typeof account !== 'object' || account === null || !(#handle in account))
        throw invalidArgType('account', 'an Account', account);
      return account.#open();
    };
    stateOfAccount = (account) => {
      const handle = #handle in account ? account.#handle : undefined;
      const info = handle && native.describeAccount(handle);
      return typeof info === 'object' ? { name: account.name, ...info } : undefined;
    };
  }

  toJSON(): Json<Overview<N>> | { readonly disposed: true } {
    return this.disposed ? { disposed: true } : toJson(this.#overview);
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#handle in this)) return 'Account {}';
    return this.disposed ? 'Account { disposed }' : `Account ${inspect(this.#overview, options)}`;
  }
}

/** Checks limit and reservation; each is `undefined` if it is not given. */
function toQuota(argument: string, { limit, reserved }: Partial<api.AccountQuota>): Quota {
  return {
    limit:
      limit === null
        ? native.NO_LIMIT
        : limit === undefined
          ? undefined
          : toBytes(`${argument}.limit`, limit),
    reserved: reserved === undefined ? undefined : toBytes(`${argument}.reserved`, reserved),
  };
}

/** Opens a new account of an allocator. */
export function makeAccount<N extends Bytes>(
  allocator: Holder<N>,
  options: api.AccountOptions | undefined,
): Account<N> {
  const given = toOptions('options', options, OPTION_NAMES);
  const { name } = given;
  if (name !== undefined && typeof (name as unknown) !== 'string')
    throw invalidArgType('name', 'of type string', name);
  const { limit = native.NO_LIMIT, reserved = 0 } = toQuota('options', given);
  return new Account(
    allocator,
    (registry, account) => native.openAccount(registry, account, allocator.handle, limit, reserved),
    name,
    { limit, reserved },
  );
}

/** Opens an account of an allocator by its token. */
export function openAccount<N extends Bytes>(allocator: Holder<N>, token: AccountToken): Account<N> {
  const { id, name } = toAccountToken('token', token);
  return new Account(
    allocator,
    (registry, account) => native.findAccount(registry, account, allocator.handle, fromId(id)),
    name,
    {},
  );
}
