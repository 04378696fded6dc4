/** Reads the segments of a memory snapshot: which blocks live at its end. */
import type { FrameLabels } from './frame-labels';
import { isDict, isList, type PickledDict, type PickledValue } from './pickle/unpickler';
import type { Pointer } from './scan';
import { toAddress, toSize } from './snapshot-events';

/** A block that is in use, or will be freed once its stream has passed. */
export interface LiveBlock {
  readonly address: Pointer;
  /** Bytes as they were asked for, where that is recorded; else, as they were given. */
  readonly size: number;
  /** Whether more was given than the size, rounded up. */
  readonly isLarger: boolean;
  /** Whether the address was worked out. */
  readonly isPlaced: boolean;
  readonly label: string | undefined;
}

export interface DeviceBlocks {
  readonly blocks: readonly LiveBlock[];
  /** Bytes of the segments. */
  readonly reserved: number;
}

const LIVE_STATES: ReadonlySet<unknown> = new Set([
  'active_allocated',
  'active_pending_free',
  'active_awaiting_free',
]);

/**
 * Gives the blocks of each device.
 *
 * @throws Error if a segment or a block is none
 */
export function blocksByDevice(
  segments: readonly PickledValue[],
  unit: number,
  labels: FrameLabels,
): ReadonlyMap<number, DeviceBlocks> {
  const devices = new Map<number, { blocks: LiveBlock[]; reserved: number }>();
  for (const segment of segments) {
    if (!isDict(segment) || !isList(segment['blocks'])) throw new Error('a segment has no blocks');
    const device = toSize(segment['device'] ?? 0) ?? 0;
    const found = devices.get(device) ?? { blocks: [], reserved: 0 };
    devices.set(device, found);
    found.reserved += toSize(segment['total_size']) ?? 0;
    for (const block of liveBlocks(segment, segment['blocks'], unit, labels)) found.blocks.push(block);
  }
  return devices;
}

function* liveBlocks(
  segment: PickledDict,
  blocks: readonly PickledValue[],
  unit: number,
  labels: FrameLabels,
): Generator<LiveBlock, undefined> {
  // Blocks fill their segment: old snapshots leave it to the reader to add up.
  let next: Pointer = toAddress(segment['address']) ?? 0;
  for (const block of blocks) {
    const given = isDict(block) ? toSize(block['size']) : undefined;
    if (!isDict(block) || given === undefined) throw new Error('a block has no size');
    const recorded = toAddress(block['address']);
    const address: Pointer = recorded ?? next;
    next = typeof address === 'bigint' ? address + BigInt(given) : address + given;
    if (!LIVE_STATES.has(block['state'])) continue;
    const last = lastOf(block['history']);
    const size = toSize(block['requested_size']) ?? toSize(last['real_size']) ?? given;
    yield {
      address,
      size,
      isLarger: Math.ceil(size / unit) * unit < given,
      isPlaced: recorded === undefined,
      label: labels.labelOf(block['frames'] ?? last['frames']),
    };
  }
  return undefined;
}

/** The newest entry of a block's history, in old snapshots. */
function lastOf(history: PickledValue | undefined): PickledDict {
  const last = isList(history) ? history.at(-1) : undefined;
  return isDict(last) ? last : {};
}
