/** Declares and checks the options of a queue and of its requests. */
import type { Account, AllocOptions, Bytes, WaitSignal } from 'gpu-buddy';
import { handleOfAccount } from '../account';
import { toIndex, toInteger } from '../arguments';
import { outOfRange } from '../errors';
import { toOptions, type Names } from '../options';
import { ALLOC_OPTION_NAMES } from '../request';
import { toSignal } from '../wait-signal';

/** How long requests may pass another one. */
export interface AllocQueueOptions {
  /** Times that a request is passed before it raises a barrier; 0: as soon as its turn comes. Default: 64. */
  readonly maxPassed?: number | undefined;
  /** Milliseconds after which a barrier ends. Default: 1000. */
  readonly maxBarrier?: number | undefined;
}

const QUEUE_OPTION_NAMES: Names<AllocQueueOptions> = { maxPassed: true, maxBarrier: true };

/** How to allocate, and how to wait. */
export interface QueuedAllocOptions extends AllocOptions {
  /** Ends the wait: `alloc()` rejects with the signal's reason. */
  readonly signal?: WaitSignal | undefined;
  /** Account that is charged. Each `Account` object has its own line; requests without one share a line. Default: none. */
  readonly account?: Account<Bytes> | undefined;
  /** Priority: a higher one always comes first. Default: 0. */
  readonly priority?: number | undefined;
  /** Milliseconds after which `alloc()` rejects with a `TimeoutError`. Default: none. */
  readonly timeout?: number | undefined;
  /** Share of the account: its bytes are divided by this. Default: 1. */
  readonly weight?: number | undefined;
}

const ALLOC_NAMES: Names<QueuedAllocOptions> = {
  ...ALLOC_OPTION_NAMES,
  signal: true,
  priority: true,
  timeout: true,
  weight: true,
};

/** Longest delay of `setTimeout()`. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** Checked options of a queue. */
export interface Patience {
  readonly maxPassed: number;
  readonly maxBarrier: number;
}

export function toPatience(options: AllocQueueOptions | undefined): Patience {
  const { maxPassed = 64, maxBarrier = 1000 } = toOptions('options', options, QUEUE_OPTION_NAMES);
  return { maxPassed: toInteger('maxPassed', maxPassed), maxBarrier: toDelay('maxBarrier', maxBarrier) };
}

/** Checked options of a request. */
export interface QueuedRequest {
  /** Options for the allocator, with the account. */
  readonly options: AllocOptions;
  /** Options for the allocator, without the account. */
  readonly plain: AllocOptions;
  readonly signal: WaitSignal | undefined;
  readonly account: Account<Bytes> | undefined;
  readonly priority: number;
  readonly timeout: number | undefined;
  readonly weight: number;
}

export function toQueuedRequest(options: QueuedAllocOptions | undefined): QueuedRequest {
  const {
    signal,
    account,
    priority = 0,
    timeout,
    weight = 1,
    ...plain
  } = copyOf(toOptions('options', options, ALLOC_NAMES));
  // Throws if it is no account, or disposed of.
  if (account !== undefined) handleOfAccount(account);
  return {
    options: account ? { ...plain, account } : plain,
    plain,
    signal: toSignal(signal),
    account,
    priority: toIndex('priority', priority),
    timeout: timeout === undefined ? undefined : toDelay('timeout', timeout),
    weight: toWeight(weight),
  };
}

/** Copies options, inherited ones too: a request may be tried many times, and what it asks for must not change meanwhile. */
function copyOf<Options extends object>(options: Options): Options {
  const copy: Partial<Options> = {};
  for (const name in options) copy[name] = options[name];
  return copy as Options;
}

/** Copies a mode that the allocator has accepted, for the same reason. */
export function keepMode(options: AllocOptions): AllocOptions {
  const { mode } = options;
  if (typeof mode !== 'object') return options;
  if ('at' in mode) return { ...options, mode: { at: mode.at } };
  const { start, end } = mode.range;
  return { ...options, mode: { range: { start, end } } };
}

function toDelay(argument: string, value: unknown): number {
  const delay = toInteger(argument, value);
  if (delay > LONGEST_DELAY) throw outOfRange(argument, '< 2^31', delay);
  return delay;
}

function toWeight(value: unknown): number {
  const weight = toInteger('weight', value);
  if (weight === 0) throw outOfRange('weight', '>= 1', weight);
  return weight;
}
