/** Loads the addon, declares its whole surface, and reads from it where everything is that both sides see. */
import { packageFolder } from '../addon/folder';
import { loadAddon } from '../addon/load';
import { mismatch } from '../addon/mismatch';
import type { NumberColumn } from './values';

export interface StatusText {
  /** Its name in native/buddy/status.h. */
  readonly name: string;
  /** Negative, as the kernel returns it; 0 for success and for this library's own errors. */
  readonly errno: number;
  readonly code: string;
  /** The argument at fault, in the kernel's spelling; empty where it is none in particular. */
  readonly argument: string;
  readonly why: string;
}

/** The numbers of the addon that this package uses: see native/buddy/layout.c. */
const NAMES = [
  'cells',
  'results',
  'wide',
  'status',
  'queued',
  'changes',
  'poisonings',
  'freeAlls',
  'listCount',
  'listNode',
  'listGeneration',
  'listChunk',
  'listShape',
  'shapeOrder',
  'shapeCount',
  'shapeMostBlocks',
  'queue',
  'queueLength',
  'queueEntry',
  'queuedSlot',
  'queuedNode',
  'queuedGeneration',
  'queuedWhat',
  'queuedCleared',
  'queuedInPool',
  'alloc',
  'allocCells',
  'allocSlot',
  'allocIsSizeWide',
  'allocSize',
  'allocAllocator',
  'allocGeneration',
  'allocRequest',
  'requestCells',
  'requestFlags',
  'requestWide',
  'requestMinBlockSize',
  'requestStart',
  'requestEnd',
  'requestTag',
  'requestAccount',
  'requestAccountGeneration',
  'wideMinBlockSize',
  'wideStart',
  'wideEnd',
  'wideTag',
  'explains',
  'flagRange',
  'flagTopDown',
  'flagContiguous',
  'flagClear',
  'flagTrimDisable',
  'recordCells',
  'recordWhat',
  'recordSlot',
  'recordRequest',
  'recordGeneration',
  'recordSize',
  'recordAlloc',
  'recordAllocRaw',
  'recordFree',
  'recordInBatch',
  'recordWide',
  'recordCleared',
  'anyGeneration',
  'batchOffset',
  'batchCount',
  'batchOrder',
  'batchClear',
  'batchStatus',
  'batchRow',
  'batchState',
  'closeDirty',
  'closeCleared',
  'closeUndone',
  'asFound',
  'asDirty',
  'asClear',
  'poolMoved',
  'poolCount',
  'poolEntry',
  'poolGeneration',
  'poolChunk',
  'poolChunks',
  'poolGenerationBits',
  'poolMostEntries',
  'poolPending',
  'entryStart',
  'entryAccount',
  'entryList',
  'entryClear',
  'entryAlloc',
  'entryClaim',
  'entryExtend',
  'entryFree',
  'entryUndo',
  'entryFreeBlock',
  'entryTrim',
  'entryAppend',
  'entryResetClear',
  'entryOpenAccount',
  'entryChangeAccount',
  'entryCloseAccount',
  'entryGap',
  'entryPoisoned',
  'entryWhat',
  'entryTime',
  'entryLengths',
  'entryAvail',
  'entryClearAvail',
  'entryArguments',
  'entryBlockClear',
  'entryBlockOrder',
  'entryFlag',
  'mostHandles',
  'parkedCells',
  'parkedTicket',
  'parkedAccount',
  'parkedTag',
  'parkedBytes',
  'observedCells',
  'observedSize',
  'observedAvail',
  'observedClearAvail',
  'observedReserved',
  'observedLargestFree',
  'observedLargestPossible',
  'observedAllocations',
  'observedLists',
  'observedReclaimedLists',
  'observedReclaimedBytes',
  'failedLimit',
  'failedFull',
  'failedReserved',
  'failedRange',
  'failedFragmented',
  'failedMemory',
  'failedWork',
  'noSlot',
  'maxOrders',
  'nameBytes',
  'injectBug',
  'injectWarning',
  'injectFailure',
] as const;
export type Layout = Readonly<Record<(typeof NAMES)[number], number>>;

/** Waits for an allocator, and wants to be told of the next free, or of the next entry of its journal. */
export interface Waker {
  /** Called by the event loop, afterwards. */
  wake(): void;
}

interface Addon {
  readonly layout?: Partial<Layout>;
  readonly statuses: readonly StatusText[];
  readonly kernelVersion: string;
  readonly kernelSha256: string;
  /** The tool that built it, for people: `node-gyp`. */
  readonly builtWith: string;

  /** Gives every copy of this module in an environment the same calls, over the cells that the first one brings. */
  connect(cells: Float64Array): Calls;
}

export type Register = typeof FinalizationRegistry.prototype.register;
export type Unregister = typeof FinalizationRegistry.prototype.unregister;
export type Registry = FinalizationRegistry<number>;

interface Calls {
  readonly cells: Float64Array<SharedArrayBuffer>;
  /** See waiting.ts. */
  wakers?: Map<number, Waker>;

  // Open something that ends with an object: the registry is told of both in the same call.
  create(register: Register, registry: Registry, buddy: object, name: string): void;
  open(register: Register, registry: Registry, buddy: object): void;
  openGuard(register: Register, registry: Registry, guard: object): void;
  openPool(register: Register, registry: Registry, pool: object): void;
  openAccount(register: Register, registry: Registry, account: object): void;
  findAccount(register: Register, registry: Registry, account: object): void;
  takeFromPool(register: Register, registry: Registry, guard: object): void;
  openGroup(register: Register, registry: Registry, guard: object): void;
  takeFromGroup(register: Register, registry: Registry, guard: object): void;
  // End it while the object lives.
  dispose(unregister: Unregister, registry: Registry, buddy: object): void;
  closePool(unregister: Unregister, registry: Registry, pool: object): void;
  disposeAccount(unregister: Unregister, registry: Registry, account: object): void;
  // End it afterwards.
  forgetAllocator(): void;
  forgetAccount(): void;
  closeGuards(guards: Uint32Array): void;
  closeSomeOfGroup(groups: Uint32Array): void;
  closeSomeOfPool(pools: Uint32Array): void;

  changeAccount(): void;
  describeAccount(): void;
  shareAccount(): void;
  emptyGroup(): void;
  describe(): void;
  readonly alloc: () => void;
  readonly allocInPool: () => void;
  movePool(memory: Int32Array): void;
  poolMemory(): Int32Array<SharedArrayBuffer> | undefined;
  freeInPool(): void;
  describeInPool(): void;
  lengthOfPool(): void;
  clearPool(): void;
  freeEverything(): void;
  flush(): void;
  runBatch(
    records: Float64Array,
    requests: Float64Array,
    results: Uint8Array,
    state?: Float64Array,
    ...columns: ArrayBufferView[]
  ): void;
  append(): void;
  extend(): void;
  claim(chunks: Float64Array, orders: Uint8Array, clear?: Uint8Array): void;
  save(...columns: StateColumnList): void;
  restore(...columns: StateColumnList): void;
  trim(): void;
  trimRaw(): void;
  free(): void;
  freeBlock(): void;
  freeBlockRaw(): void;
  resetClear(): void;
  resetClearRaw(): void;
  lookup(): void;
  avail(): void;
  room(): void;
  availIn(): void;
  findFree(): void;
  sizeIn(): void;
  lowest(): void;
  epoch(): void;
  wait(tell: (slot: number) => void): void;
  endWait(): void;
  startJournal(): void;
  stopJournal(): void;
  endJournal(): void;
  readJournal(cells: BigUint64Array): void;
  waitForEntries(tell: (slot: number) => void): void;
  endWaitForEntries(): void;
  setThread(): void;
  read(offsets: NumberColumn, orders: Uint8Array, states: Uint8Array, tags: Float64Array): void;
  snapshot(offsets: NumberColumn, orders: Uint8Array, states: Uint8Array, tags: Float64Array): void;
  freeRuns(offsets: NumberColumn, sizes: NumberColumn): void;
  stats(freeBlocks: Float64Array, usedBlocks: Float64Array): void;
  print(): string | undefined;
  name(): string | undefined;
  bug(): string | undefined;
  share(): void;
  prepareParking(): void;
  park(): void;
  adopt(): void;
  revoke(): void;
  parked(rows: BigUint64Array): void;
  observe(cells: BigUint64Array): void;
  endObservation(): void;
  onWarning(report: (place: string) => void): void;
  /** In test builds only. */
  inject?(): void;
}

export type StateColumnList = [
  tags: Float64Array,
  counts: Float64Array,
  chunks: Float64Array,
  orders: Uint8Array,
  clear: Uint8Array,
  freeChunks: Float64Array,
  freeOrders: Uint8Array,
];

const loaded = loadAddon();
/** The file that the addon was loaded from. */
export const addonFile = loaded.file;
const addon = loaded.addon as Addon;

/** Makes the error for an addon that knows less than this package needs. */
export function unfit(): Error {
  return mismatch(packageFolder, addonFile, addon);
}

function isWhole(layout: Partial<Layout> | undefined): layout is Layout {
  return NAMES.every((name) => typeof layout?.[name] === 'number');
}

if (!isWhole(addon.layout)) throw unfit();
export const { layout }: { readonly layout: Layout } = addon as Addon & { readonly layout: Layout };
// Shared memory, since that of an ArrayBuffer can be taken away: by structuredClone(), for one.
export const calls = addon.connect(new Float64Array(new SharedArrayBuffer(8 * layout.cells)));
// eslint-disable-next-line @typescript-eslint/unbound-method -- called by the addon, with a registry as `this`
export const { register, unregister } = FinalizationRegistry.prototype;

export const { statuses } = addon;

/** The release of Linux whose buddy.c is inside, such as `7.3.4`. */
export const kernelVersion = addon.kernelVersion;

/** The SHA-256 of that buddy.c, in hexadecimal. */
export const kernelSha256 = addon.kernelSha256;
export const builtWith = addon.builtWith;

/** Whether this is a test build: see inject(). */
export const hasFaults = calls.inject !== undefined;

calls.onWarning((place) => {
  process.emitWarning(`The kernel code met a WARN_ON, and goes on: ${place}`, {
    type: 'GpuBuddyWarning',
    code: 'GPU_BUDDY_KERNEL_WARNING',
  });
});
