/** Implements `BatchResult`: tells how the operations of a batch ended. */
import { inspect, type InspectOptions } from 'node:util';
import { AllocatedBlocks } from './allocated-blocks';
import { noteStack } from './allocation-stacks';
import { Allocator } from './allocator';
import type * as api from './api';
import type { BatchHandle, BatchHandles } from './batch-handles';
import { GpuBuddyError, invalidArgType } from './errors';
import { freed, tellFree } from './events';
import { isToBeCleared, type FreeOptions } from './free-options';
import { Guard, returnGroup, takeFromGroup, type GroupGuard } from './guard';
import { toJson, type Json } from './json';
import * as native from './native';
import type { Bytes } from './native';
import type { Column } from './space';
import { markAsUncloneable } from './uncloneable';

/** Holds the group with the lists of a result that nobody has asked for. It is gone once they are freed; see `AllocatedBlocks.#guard`. */
export interface GroupHolder {
  group: GroupGuard | undefined;
}

interface Outcome<N extends Bytes> extends api.BatchOutcome<N> {
  readonly blocks: AllocatedBlocks<N> | null;
}

// Gives this library access to the private parts of results.

/** Gives the lists of the operations that have one. */
export let allBlocks: <N extends Bytes>(result: BatchResult<N>) => AllocatedBlocks<N>[];
/** Gives the status of each operation, which the caller must not change. */
export let statusesOf: (result: BatchResult<Bytes>) => Uint8Array;
/** Undoes the allocations of a result that no user has seen. */
export let discard: (result: BatchResult<Bytes>) => void;

export class BatchResult<N extends Bytes = number> implements api.BatchResult<N> {
  readonly #allocator: Allocator<N>;
  /** Never given out. */
  readonly #columns: native.BatchColumns;
  readonly #handles: BatchHandles;
  readonly #stack: string | undefined;
  readonly #made = new Map<number, AllocatedBlocks<N>>();
  readonly #holder: GroupHolder;
  // Copies of the columns, made on demand.
  #errnos: Int32Array | undefined;
  #offsets: Column<N> | undefined;
  #orders: Uint8Array | undefined;
  #counts: Uint32Array | undefined;

  constructor(
    allocator: Allocator<N>,
    columns: native.BatchColumns,
    handles: BatchHandles,
    holder: GroupHolder,
    stack: string | undefined,
  ) {
    Allocator.assert(allocator);
    markAsUncloneable(this);
    this.#allocator = allocator;
    this.#columns = columns;
    this.#handles = handles;
    this.#stack = stack;
    this.#holder = holder;
  }

  get length(): number {
    return this.#columns.rows;
  }

  get errnos(): Int32Array {
    return (this.#errnos ??= this.#columns.errnos.slice());
  }

  get offsets(): Column<N> {
    return (this.#offsets ??= this.#columns.offsets.slice() as Column<N>);
  }

  get orders(): Uint8Array {
    return (this.#orders ??= this.#columns.orders.slice());
  }

  get counts(): Uint32Array {
    return (this.#counts ??= this.#columns.counts.slice());
  }

  indexOf(handle: BatchHandle): number {
    const given: unknown = handle;
    if (typeof given !== 'number') throw invalidArgType('handle', 'a handle of the batch', given);
    const place = this.#handles.placeOf(handle, this.#columns.rows);
    if (place < 0)
      throw this.#allocator.toError(native.HANDLE_OUTSIDE_RUN, 'gpu_buddy_alloc_blocks', {
        given: { handle },
      });
    return place;
  }

  blocks(handle: BatchHandle): AllocatedBlocks<N> | null {
    return this.#blocksAt(this.indexOf(handle));
  }

  #blocksAt(place: number): AllocatedBlocks<N> | null {
    const made = this.#made.get(place);
    if (made) return made;
    const { group } = this.#holder;
    if (!group) return null;
    const guard = new Guard();
    const slot = takeFromGroup(guard, group.number, place);
    if (slot < 0) return null;
    const blocks = new AllocatedBlocks(this.#allocator, guard, slot, native.reportedTag());
    if (this.#stack !== undefined) noteStack(slot, this.#stack);
    this.#made.set(place, blocks);
    return blocks;
  }

  error(handle: BatchHandle): GpuBuddyError | null {
    return this.#errorAt(this.indexOf(handle));
  }

  #errorAt(place: number): GpuBuddyError | null {
    const status = this.#columns.statuses[place];
    return status === native.OK ? null : operationError(this.#allocator, status, place);
  }

  *[Symbol.iterator](): IterableIterator<Outcome<N>> {
    for (let place = 0; place < this.#columns.rows; place++)
      yield {
        handle: this.#handles.at(place),
        blocks: this.#blocksAt(place),
        error: this.#errorAt(place),
      };
  }

  free(options?: FreeOptions): void {
    this.#free(isToBeCleared(options));
  }

  #free(cleared: boolean): void {
    let failure: GpuBuddyError | undefined;
    const status = this.#close(cleared ? 'cleared' : 'dirty');
    for (const blocks of this.#made.values()) {
      try {
        blocks.free({ cleared });
      } catch (error) {
        if (!(error instanceof GpuBuddyError)) throw error;
        failure = error;
      }
    }
    this.#made.clear();
    if (status !== native.OK) throw this.#allocator.toError(status, 'gpu_buddy_free_list');
    if (failure) throw failure;
  }

  /** Frees the lists never read through `blocks()`. */
  #close(how: native.Closing): number {
    const { group } = this.#holder;
    if (!group) return native.OK;
    this.#holder.group = undefined;
    const tells = freed.hasSubscribers && how !== 'undone';
    const status = returnGroup(group, how, tells);
    const { lists, bytes } = native.emptied;
    if (tells && status === native.OK && lists !== 0) tellFree(this.#allocator, lists, bytes);
    return status;
  }

  static {
    allBlocks = (result) =>
      Array.from({ length: result.#columns.rows }, (_, place) => result.#blocksAt(place)).filter(
        (blocks) => blocks !== null,
      );
    statusesOf = (result) => result.#columns.statuses;
    discard = (result) => {
      result.#close('undone');
    };
  }

  [Symbol.dispose](): void {
    this.#free(false);
  }

  toJSON(): api.BatchResultJson<N> {
    const { errnos, offsets, orders, counts } = this.#columns;
    return {
      errnos: Array.from(errnos),
      offsets: toJson(Array.from<unknown>(offsets)) as readonly Json<N>[],
      orders: Array.from(orders),
      counts: Array.from(counts),
    };
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#columns in this)) return 'BatchResult {}';
    const { errnos, offsets, orders, counts } = this.#columns;
    return `BatchResult(${String(this.length)}) ${inspect({ errnos, offsets, orders, counts }, options)}`;
  }
}

/** Makes the error of the operation at this place. */
export function operationError(
  allocator: Allocator,
  status: number | undefined,
  place: number,
): GpuBuddyError {
  // A poisoned allocator adds the place of the BUG.
  const details =
    status === native.POISONED ? undefined : { note: `operation ${String(place)} of the batch` };
  return allocator.toError(status ?? -1, 'gpu_buddy_alloc_blocks', details);
}
