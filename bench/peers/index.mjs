/**
 * Allocators from npm, each behind the same two functions.
 *
 * @typedef {object} Peer
 * @property {string} id
 * @property {string} name
 * @property {number} [operations] that it may do in a round, where it is slow
 * @property {(size: number) => Promise<Allocator>} open over so many bytes
 *
 * @typedef {object} Allocator
 * @property {(size: number) => unknown} alloc gives `null` where there is no room
 * @property {(allocation: any) => void} free
 */
import { createRequire } from 'node:module';
import { openTlsf } from './tlsf.mjs';

const require = createRequire(import.meta.url);

/** Imports a package by its file: only the benchmark has it, so its types are not known. @param {string} file @returns {Promise<any>} */
function importFile(file) {
  return import(new URL(`../node_modules/${file}`, import.meta.url).href);
}

/** @type {Peer[]} */
export const peers = [
  {
    id: 'playcanvas',
    name: 'playcanvas BlockAllocator',
    async open(size) {
      const { BlockAllocator } = await importFile('playcanvas/build/playcanvas/src/core/block-allocator.js');
      const allocator = new BlockAllocator(size);
      return { alloc: (bytes) => allocator.allocate(bytes), free: (block) => allocator.free(block) };
    },
  },
  {
    id: 'alloc',
    name: 'alloc',
    async open(size) {
      const { BuddyAllocator } = require('alloc');
      const allocator = new BuddyAllocator(Buffer.allocUnsafeSlow(size), { minSize: 4096 });
      return { alloc: (bytes) => allocator.alloc(bytes), free: (buffer) => allocator.free(buffer) };
    },
  },
  {
    id: 'assemblyscript',
    name: 'assemblyscript (TLSF)',
    async open(size) {
      return openTlsf(await importFile('assemblyscript/dist/asc.js'), size);
    },
  },
  {
    id: 'malloc',
    name: 'malloc',
    async open(size) {
      const Malloc = require('malloc');
      const allocator = new Malloc(new ArrayBuffer(size));
      return { alloc: (bytes) => allocator.alloc(bytes) || null, free: (offset) => allocator.free(offset) };
    },
  },
  {
    id: '@thi.ng/malloc',
    name: '@thi.ng/malloc',
    operations: 2000,
    async open(size) {
      const { MemPool } = await importFile('@thi.ng/malloc/index.js');
      const pool = new MemPool({ buf: new ArrayBuffer(size) });
      return { alloc: (bytes) => pool.malloc(bytes) || null, free: (address) => pool.free(address) };
    },
  },
];
