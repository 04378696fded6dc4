import { GpuBuddy } from 'gpu-buddy';
import { RangePool, UNIT } from './range-pool.mjs';

/**
 * A GPUBuffer whose memory is handed out in ranges. It has one usage: WebGPU lets few usages share a buffer, allows no copy within one
 * buffer, and none that a dispatch both reads and writes under different bindings.
 */
export class Heap {
  /** How many ranges it has given. */
  ranges = 0;
  /** The most bytes that were in use. */
  peak = 0;

  /** @param {GPUDevice} device @param {{ label: string, size: number, usage: number }} options size in bytes */
  constructor(device, { label, size, usage }) {
    this.label = label;
    this.device = device;
    this.buffer = device.createBuffer({ label, size, usage });
    this.buddy = new GpuBuddy({ size, chunkSize: UNIT });
  }

  /** Makes a pool, which is empty. */
  pool() {
    return new RangePool(this);
  }

  /** Counts a range that a pool has given. */
  count() {
    this.ranges += 1;
    this.peak = Math.max(this.peak, this.buddy.size - this.buddy.avail);
  }
}
