/** Tests when leases end, by a clock that the tests turn. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { toConfig } from '../src/config.ts';
import { Leases } from '../src/leases.ts';
import { Memory } from '../src/memory.ts';
import { Store } from '../src/store.ts';
import { MiB, temporaryFolder, testConfig } from './support.ts';

const { signal } = new AbortController();

/** Stops timers, until the test turns them, and the wall clock, which it sets. */
function stopClocks(context: TestContext): { now: number } {
  const wall = { now: 2_000_000 };
  context.mock.timers.enable({ apis: ['setTimeout'] });
  context.mock.method(Date, 'now', () => wall.now);
  return wall;
}

/** Leases on a file, without a server. */
function open(context: TestContext, folder = temporaryFolder(context)) {
  const config = toConfig(testConfig({ limits: { maxTtl: 10_000 } }));
  const store = new Store(join(folder, 'leases.sqlite'), 2 ** 20, (error) => assert.fail(String(error)));
  const memory = new Memory(config);
  const leases = new Leases(memory, store, config.limits);
  const close = (): void => {
    leases.close();
    memory.close();
    store.close();
  };
  const held = (): number[] => store.list(undefined, 0, -1).map(({ id }) => id);
  return { folder, memory, leases, store, held, close };
}

test('ends a lease when its time has passed, and not before, and a renewed one later', async (context) => {
  stopClocks(context);
  const { memory, leases, store, held, close } = open(context);
  const first = await leases.create('red', { size: MiB }, 1000, signal);
  const second = await leases.create('red', { size: MiB }, 1000, signal);
  context.mock.timers.tick(999);
  store.flush();
  assert.deepEqual(held(), [first.id, second.id]);
  await leases.renew(second.id, 1000);
  context.mock.timers.tick(1);
  store.flush();
  assert.deepEqual(held(), [second.id]);
  context.mock.timers.tick(998);
  store.flush();
  assert.deepEqual(held(), [second.id]);
  context.mock.timers.tick(1);
  store.flush();
  assert.deepEqual(held(), []);
  await Promise.resolve();
  assert.equal(memory.buddy.isEmpty, true);
  close();
});

for (const change of [-1_000_000, 1_000_000])
  test(`ends no lease otherwise where the wall clock is set ${change < 0 ? 'back' : 'forward'}`, async (context) => {
    const wall = stopClocks(context);
    const { leases, store, held, close } = open(context);
    const { id } = await leases.create('red', { size: MiB }, 1000, signal);
    wall.now += change;
    store.flush();
    assert.deepEqual(held(), [id]);
    context.mock.timers.tick(1000);
    store.flush();
    assert.deepEqual(held(), []);
    close();
  });

test('counts the time between two runs by the wall clock', async (context) => {
  const wall = stopClocks(context);
  const first = open(context);
  const short = await first.leases.create('red', { size: MiB }, 1000, signal);
  const long = await first.leases.create('red', { size: MiB }, 5000, signal);
  first.close();

  wall.now += 1000;
  const second = open(context, first.folder);
  second.store.flush();
  assert.deepEqual(second.held(), [long.id]);
  assert.equal(second.memory.buddy.avail, 15 * MiB);
  context.mock.timers.tick(4000);
  second.store.flush();
  assert.deepEqual(second.held(), []);
  assert.ok(short.id < long.id);
  second.close();
});

test('keeps no lease longer than is allowed where the wall clock was set back between two runs', async (context) => {
  const wall = stopClocks(context);
  const first = open(context);
  await first.leases.create('red', { size: MiB }, 5000, signal);
  first.close();
  wall.now = 0;
  const second = open(context, first.folder);
  context.mock.timers.tick(10_000);
  second.store.flush();
  assert.deepEqual(second.held(), []);
  second.close();
});
