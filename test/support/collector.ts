/**
 * Watches the garbage collector. Needs `node --expose-gc`, as `npm run test:js` has it: a file that imports this fails without.
 *
 * Finalizers run between two turns of the event loop, never within synchronous code: each wait here is for turns, of which it
 * takes as many as it needs, and never for time. test/sequencer.mjs runs the files that import this first, and explains why.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, expect } from '@jest/globals';
import type { Bytes, GpuBuddy, ReclaimedMessage } from 'gpu-buddy';

const { gc } = globalThis;
if (!gc) throw new Error('Run jest by `npm run test:js`, which exposes the garbage collector.');

const CHANNEL = 'gpu-buddy:reclaimed';
/** Turns after which finalizers that are still to come are given up. */
const MOST_TURNS = 200;
/** Turns in which everything is collected that can be. */
const TURNS_OF_ALL = 4;

type Listener = (message: unknown) => void;
const listeners: Listener[] = [];

/** Collects within the turn, and runs no finalizer. */
export function collect(): void {
  gc?.();
}

/** Collects in a turn of its own, since a WeakRef that was read keeps its target until the turn ends, and runs finalizers. */
export async function collectTurn(): Promise<void> {
  await turn();
  collect();
  await turn();
}

/** Collects until a condition holds, or fails with the name of what was awaited. */
export async function collectUntil(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < MOST_TURNS; i++) {
    if (holds()) return;
    await collectTurn();
  }
  throw new Error(`The collector ran ${MOST_TURNS} times in vain: ${what}.`);
}

/** Collects everything that nobody holds. */
export async function collectAll(): Promise<void> {
  for (let i = 0; i < TURNS_OF_ALL; i++) await collectTurn();
}

/** Returns a condition for collectUntil(): all of the allocator is free. */
export function isWhole(buddy: GpuBuddy<Bytes>): () => boolean {
  return () => buddy.avail === buddy.size;
}

/** Allocates lists and drops them. A function of its own leaves no variable that holds one. */
export function drop(buddy: GpuBuddy<Bytes>, ...sizes: readonly Bytes[]): void {
  for (const size of sizes) expect(buddy.allocBlocks(size).length).toBeGreaterThan(0);
}

/** Subscribes to the channel of reclaimed memory until the test ends. */
export function onReclaimed(listener: (message: ReclaimedMessage) => void): void {
  subscribe(CHANNEL, listener as Listener);
  listeners.push(listener as Listener);
}

/** Returns an array that fills with the messages of the channel until the test ends. */
export function reclaimedMessages(): ReclaimedMessage[] {
  const messages: ReclaimedMessage[] = [];
  onReclaimed((message) => messages.push(message));
  return messages;
}

afterEach(async () => {
  for (const listener of listeners.splice(0)) unsubscribe(CHANNEL, listener);
  // The next test is told nothing of this one.
  await collectAll();
});

// The next file of this process finds no finalizer waiting (test/sequencer.mjs).
afterAll(collectAll);
