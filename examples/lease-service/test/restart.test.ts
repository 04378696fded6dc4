/** Tests that leases outlive the process, and what happens where the disk fails. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { STATE_ALLOCATED } from 'gpu-buddy';
import { toConfig } from '../src/config.ts';
import { Leases } from '../src/leases.ts';
import { Memory } from '../src/memory.ts';
import { Store } from '../src/store.ts';
import { breakDeletes, lease, leasesOf, MiB, serve, temporaryFolder, testConfig } from './support.ts';

test('has all leases back after a restart, at their addresses, and none that was released', async (context) => {
  const first = await serve(context, { red: { mayClear: true } });
  const cleared = await lease(first.red, 2 * MiB);
  await first.red('DELETE', `/leases/${cleared.id}?cleared=true`);
  const released = await lease(first.blue, MiB);
  // Part of it is zero, part is not.
  await lease(first.red, 5 * MiB, { clear: true });
  await lease(first.blue, 3 * MiB);
  await first.blue('DELETE', `/leases/${released.id}`);
  const before = await leasesOf(first.operator);
  assert.equal(new Set(before.flatMap(({ blocks }) => blocks.map(({ isClear }) => isClear))).size, 2);
  await first.close();

  const second = await serve(context, {}, first.folder);
  assert.deepEqual(await leasesOf(second.operator), before);
  const rest = await lease(second.blue, 8 * MiB, { clear: true });
  assert.ok(
    rest.blocks.every(({ isClear }) => !isClear),
    'free memory comes back dirty',
  );
  assert.equal((await second.red('POST', '/leases', { size: MiB, ttl: 1000 })).status, 507);
  const ids = before.map(({ id }) => id);
  assert.ok(rest.id > Math.max(released.id, cleared.id, ...ids), 'ids never come again');
});

test('claims blocks with their tag, clear state and account', (context) => {
  const config = toConfig(testConfig({ red: { limit: 4 * MiB } }));
  const store = new Store(join(temporaryFolder(context), 'leases.sqlite'), 2 ** 20, (error) =>
    assert.fail(String(error)),
  );
  context.after(() => {
    store.close();
  });
  const places = [
    [MiB, MiB, true],
    [4 * MiB, MiB, false],
    [0, 65_536, true],
  ] as const;
  void store.insert({ id: 7, tenant: 'red', places, expires: Date.now() + 60_000 });
  void store.insert({ id: 8, tenant: 'gone', places: [[8 * MiB, MiB, false]], expires: Date.now() + 60_000 });
  void store.insert({ id: 9, tenant: 'red', places: [[9 * MiB, MiB, false]], expires: Date.now() - 1 });
  store.flush();

  const memory = new Memory(config);
  const leases = new Leases(memory, store, config.limits);
  context.after(() => {
    leases.close();
  });
  const { offsets, tags, states } = memory.buddy.snapshot();
  const used = [...offsets].flatMap((offset, index) =>
    (states[index] ?? 0) & STATE_ALLOCATED ? [[offset, tags[index]]] : [],
  );
  assert.deepEqual(used, [
    [0, 7],
    [MiB, 7],
    [4 * MiB, 7],
    [8 * MiB, 8],
  ]);
  for (const [offset, size, isClear] of places)
    assert.deepEqual(
      { ...memory.buddy.blockAt(offset) },
      { offset, size, isClear, tag: 7, order: Math.log2(size / 65_536) },
    );
  assert.equal(memory.buddy.clearAvail, 0);
  assert.deepEqual(
    [...leases.counts],
    [
      ['red', 1],
      ['gone', 1],
    ],
  );
  assert.equal(memory.accounts.get('red')?.used, 2 * MiB + 65_536);
});

test('keeps leases of a tenant whose limit was lowered, and gives it no more', async (context) => {
  const first = await serve(context);
  const mine = await lease(first.red, 4 * MiB);
  await first.close();
  const second = await serve(context, { red: { limit: MiB } }, first.folder);
  assert.deepEqual(await leasesOf(second.red), [mine]);
  const { body } = await second.red('POST', '/leases', { size: MiB, ttl: 1000 });
  assert.equal((body as { reason: string }).reason, 'limit');
});

test('knows Idempotency-Keys after a restart', async (context) => {
  const first = await serve(context);
  const key = { headers: { 'idempotency-key': 'a' } };
  const wish = { size: MiB, ttl: 60_000 };
  const { body } = await first.red('POST', '/leases', wish, key);
  await first.close();
  const second = await serve(context, {}, first.folder);
  assert.deepEqual((await second.red('POST', '/leases', wish, key)).body, body);
  assert.equal((await leasesOf(second.red)).length, 1);
});

test('refuses to start where the leases do not fit, or another process has them', async (context) => {
  const first = await serve(context);
  await lease(first.red, 16 * MiB);
  await assert.rejects(serve(context, {}, first.folder), { code: 'SQLITE_BUSY' });
  await first.close();
  await assert.rejects(serve(context, { size: 8 * MiB }, first.folder), { code: 'EINVAL' });
  // Neither attempt keeps the file.
  const second = await serve(context, {}, first.folder);
  assert.equal((await leasesOf(second.red)).length, 1);
});

test('stops gracefully: answers those who wait, and keeps leases', async (context) => {
  const { red, blue, close, folder } = await serve(context);
  await lease(red, 16 * MiB);
  const waiting = blue('POST', '/leases', { size: MiB, ttl: 1000, wait: 30_000 });
  const isQueued = async (): Promise<boolean> => {
    const { body } = await red('POST', '/leases', { size: MiB, ttl: 1000 });
    return (body as { reason: string }).reason === 'queued';
  };
  while (!(await isQueued()));
  await close();
  const { status, headers } = await waiting;
  assert.deepEqual([status, headers.get('retry-after')], [503, '1']);
  const again = await serve(context, {}, folder);
  assert.equal((await leasesOf(again.red)).length, 1);
});

test('refuses what a full disk does not hold, and goes on when there is room', async (context) => {
  const { red, nobody, operator, failures } = await serve(context, { limits: { maxFile: 32_768 } });
  const wish = { size: 65_536, ttl: 60_000 };
  let answer = await red('POST', '/leases', wish);
  while (answer.status === 201) answer = await red('POST', '/leases', wish);
  assert.deepEqual([answer.status, (answer.body as { code: string }).code], [503, 'ERR_STORE']);
  const before = await leasesOf(operator);
  assert.ok(before.length < 256, 'memory is left');

  for (const { id } of before.slice(0, 100)) assert.equal((await red('DELETE', `/leases/${id}`)).status, 204);
  for (let count = 0; count < 50; count++) await lease(red, 65_536);
  assert.equal((await leasesOf(operator)).length, before.length - 50);
  const { body } = await operator('GET', '/metrics');
  assert.match(String(body), new RegExp(`lease_service_usage\\S* ${(before.length - 50) * 65_536}\n`));
  assert.equal((await nobody('GET', '/healthz')).status, 200);
  assert.deepEqual(failures, []);
});

test('stops for good once it is unknown what is on disk', async (context) => {
  const { red, folder, close } = await serve(context);
  const { id } = await lease(red, MiB);
  await close();
  breakDeletes(folder);
  const second = await serve(context, {}, folder);
  assert.equal((await second.red('DELETE', `/leases/${id}`)).status, 503);
  assert.equal(second.failures.length, 1);
  assert.equal((await second.nobody('GET', '/healthz')).status, 503);
  assert.equal((await second.red('POST', '/leases', { size: MiB, ttl: 1000 })).status, 503);
  assert.equal((await second.red('GET', `/leases/${id}`)).status, 200);
});
