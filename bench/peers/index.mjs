/**
 * Allocators from npm, each behind the same two functions, and ours.
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {number} operations that it may do in a round, where it is slow
 * @property {(size: number) => Promise<Allocator>} open over so many bytes
 *
 * @typedef {object} Allocator
 * @property {(size: number) => unknown} alloc gives `null` where there is no room
 * @property {(allocation: any) => void} free
 */
import { createRequire } from 'node:module';
import { GpuBuddy, openPool } from '../library.mjs';
import { openTlsf } from './tlsf.mjs';

const require = createRequire(import.meta.url);

/** @type {Peer[]} */
export const peers = [
  {
    name: 'gpu-buddy',
    operations: Infinity,
    async open(size) {
      const buddy = new GpuBuddy({ size });
      return { alloc: (bytes) => buddy.tryAllocBlocks(bytes), free: (blocks) => blocks.free() };
    },
  },
  {
    name: 'gpu-buddy, pool',
    operations: Infinity,
    async open(size) {
      const pool = openPool(new GpuBuddy({ size }));
      return { alloc: (bytes) => pool.tryAlloc(bytes), free: (handle) => pool.free(handle) };
    },
  },
  {
    name: 'playcanvas BlockAllocator',
    operations: Infinity,
    async open(size) {
      const { BlockAllocator } = await import(
        new URL('../node_modules/playcanvas/build/playcanvas/src/core/block-allocator.js', import.meta.url)
          .href
      );
      const allocator = new BlockAllocator(size);
      return { alloc: (bytes) => allocator.allocate(bytes), free: (block) => allocator.free(block) };
    },
  },
  {
    name: 'alloc',
    operations: Infinity,
    async open(size) {
      const { BuddyAllocator } = require('alloc');
      const allocator = new BuddyAllocator(Buffer.allocUnsafeSlow(size), { minSize: 4096 });
      return { alloc: (bytes) => allocator.alloc(bytes), free: (buffer) => allocator.free(buffer) };
    },
  },
  {
    name: 'assemblyscript (TLSF)',
    operations: Infinity,
    open: openTlsf,
  },
  {
    name: 'malloc',
    operations: Infinity,
    async open(size) {
      const Malloc = require('malloc');
      const allocator = new Malloc(new ArrayBuffer(size));
      return { alloc: (bytes) => allocator.alloc(bytes) || null, free: (offset) => allocator.free(offset) };
    },
  },
  {
    name: '@thi.ng/malloc',
    operations: 2000,
    async open(size) {
      const { MemPool } = await import(
        new URL('../node_modules/@thi.ng/malloc/index.js', import.meta.url).href
      );
      const pool = new MemPool({ buf: new ArrayBuffer(size) });
      return { alloc: (bytes) => pool.malloc(bytes) || null, free: (address) => pool.free(address) };
    },
  },
];
