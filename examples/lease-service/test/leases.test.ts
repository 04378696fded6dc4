/** Tests that tenants make, look at, renew and release leases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '../src/schemas.ts';
import { lease, leasesOf, MiB, serve, type Answer, type Client } from './support.ts';

test('leases memory, shows it, renews it and releases it', async (context) => {
  const { red } = await serve(context);
  const made = await red('POST', '/leases', { size: 3 * MiB, ttl: 60_000 });
  assert.equal(made.status, 201);
  const { id, size, blocks, expiresAt } = made.body as Lease;
  assert.equal(size, 3 * MiB);
  assert.equal(
    blocks.reduce((sum, block) => sum + block.size, 0),
    size,
  );
  assert.deepEqual((await red('GET', `/leases/${id}`)).body, made.body);
  assert.deepEqual(await leasesOf(red), [made.body]);

  const renewed = await red('PATCH', `/leases/${id}`, { ttl: 3_600_000 });
  assert.equal(renewed.status, 200);
  assert.ok(Date.parse((renewed.body as Lease).expiresAt) > Date.parse(expiresAt));
  assert.deepEqual(await leasesOf(red), [renewed.body]);

  assert.equal((await red('DELETE', `/leases/${id}`)).status, 204);
  assert.deepEqual(await leasesOf(red), []);
  for (const [method, body] of [['GET'], ['PATCH', { ttl: 1 }], ['DELETE']] as const)
    assert.equal((await red(method, `/leases/${id}`, body)).status, 404, method);
});

test('ends a lease when its time has passed, and leases its memory again', async (context) => {
  const { red, blue } = await serve(context);
  await lease(red, 16 * MiB, { ttl: 50 });
  // Waits for the memory that ends.
  const { blocks } = await lease(blue, 16 * MiB, { wait: 30_000 });
  assert.equal(blocks.length, 1);
  assert.deepEqual(await leasesOf(red), []);
});

test('places blocks as they are asked for', async (context) => {
  const { red } = await serve(context, { visibleSize: 4 * MiB });
  const aligned = await lease(red, 2 * MiB, { alignment: MiB });
  assert.ok(aligned.blocks.every(({ offset }) => offset % MiB === 0));
  assert.equal(aligned.visibleSize, 0);
  const visible = await lease(red, MiB, { visible: true });
  assert.equal(visible.visibleSize, MiB);
  const [first, second] = (await lease(red, 3 * MiB, { contiguous: true })).blocks.toSorted(
    (a, b) => a.offset - b.offset,
  );
  assert.equal((first?.offset ?? 0) + (first?.size ?? 0), second?.offset);
});

const refusals: [
  what: string,
  who: 'red' | 'blue',
  wish: object,
  status: number,
  code: string,
  reason?: string,
][] = [
  ['more than is free', 'red', { size: 13 * MiB }, 507, 'ENOSPC', 'full'],
  ['more than the tenant may hold', 'blue', { size: 5 * MiB }, 507, 'ENOSPC', 'limit'],
  ['what is kept for others', 'red', { size: 9 * MiB }, 507, 'ENOSPC', 'reserved'],
  ['more than the window has', 'red', { size: 3 * MiB, visible: true }, 507, 'ENOSPC', 'range'],
  ['more than there can ever be', 'red', { size: 17 * MiB }, 400, 'EINVAL'],
  ['an odd size', 'red', { size: 1000 }, 400, 'EINVAL'],
  ['an odd alignment', 'red', { size: MiB, alignment: 3 }, 400, 'EINVAL'],
  ['an unknown option', 'red', { size: MiB, contigous: true }, 400, 'ERR_VALIDATION'],
  ['a size that is text', 'red', { size: '1048576' }, 400, 'ERR_VALIDATION'],
  ['too long a time', 'red', { size: MiB, ttl: 2 ** 31 }, 400, 'ERR_VALIDATION'],
];
for (const [what, who, wish, status, code, reason] of refusals)
  test(`refuses ${what}`, async (context) => {
    const {
      [who]: asking,
      blue,
      operator,
    } = await serve(context, {
      visibleSize: 2 * MiB,
      blue: { limit: 8 * MiB, reserved: 8 * MiB },
    });
    const before = [{ ...(await lease(blue, 4 * MiB)), tenant: 'blue' }];
    const { status: given, body } = await asking('POST', '/leases', { ttl: 1000, ...wish });
    assert.equal(given, status);
    assert.deepEqual({ ...(body as object), message: '' }, { code, message: '', ...(reason && { reason }) });
    assert.deepEqual(await leasesOf(operator), before);
  });

test('refuses a lease in more pieces than allowed, and takes nothing for it', async (context) => {
  const { red } = await serve(context, { limits: { maxBlocks: 1 } });
  const { status, body } = await red('POST', '/leases', { size: 3 * MiB, ttl: 1000 });
  assert.deepEqual([status, (body as { reason: string }).reason], [507, 'fragmented']);
  assert.equal((await lease(red, 16 * MiB)).size, 16 * MiB);
});

test('refuses more leases than a tenant may have', async (context) => {
  const { red, blue } = await serve(context, { limits: { maxLeases: 2 } });
  const { id } = await lease(red, MiB);
  await lease(red, MiB);
  assert.equal((await red('POST', '/leases', { size: MiB, ttl: 1000 })).status, 429);
  await lease(blue, MiB);
  await red('DELETE', `/leases/${id}`);
  await lease(red, MiB);
});

test('tells of many leases page by page', async (context) => {
  const { red, blue } = await serve(context);
  for (let i = 0; i < 5; i++) await lease(i % 2 ? blue : red, MiB);
  const { body } = await red('GET', '/leases?limit=2');
  const { leases, next } = body as { leases: Lease[]; next: number };
  assert.equal(leases.length, 2);
  const rest = (await red('GET', `/leases?limit=2&after=${next}`)).body as { leases: Lease[] };
  assert.equal(rest.leases.length, 1);
  assert.deepEqual(rest, { leases: rest.leases });
});

test('knows memory as zero where a trusted tenant says so', async (context) => {
  const { red, blue } = await serve(context, { red: { mayClear: true } });
  const first = await lease(red, MiB);
  assert.equal((await red('DELETE', `/leases/${first.id}?cleared=true`)).status, 204);
  const second = await lease(blue, MiB, { clear: true });
  assert.deepEqual(second.blocks, [{ ...first.blocks[0], isClear: true }]);
  assert.equal((await blue('DELETE', `/leases/${second.id}?cleared=true`)).status, 403);
  assert.equal((await blue('DELETE', `/leases/${second.id}`)).status, 204);
  assert.deepEqual((await lease(blue, MiB, { clear: true })).blocks, first.blocks);
});

const withKey = (who: Client, key: string, body: object): Promise<Answer> =>
  who('POST', '/leases', body, { headers: { 'idempotency-key': key } });

test('answers a repeated request with an Idempotency-Key as the first one', async (context) => {
  const { red, blue } = await serve(context);
  const wish = { size: MiB, ttl: 60_000 };
  const first = await withKey(red, 'a', wish);
  const again = await withKey(red, 'a', wish);
  assert.equal(again.status, 201);
  assert.deepEqual(again.body, first.body);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  assert.equal((await leasesOf(red)).length, 1);

  assert.equal((await withKey(red, 'a', { ...wish, size: 2 * MiB })).status, 422);
  assert.notDeepEqual((await withKey(red, 'b', wish)).body, first.body);
  assert.notDeepEqual((await withKey(blue, 'a', wish)).body, first.body);
  assert.equal((await leasesOf(red)).length, 2);
});

test('refuses a request while the first one with its Idempotency-Key has no answer', async (context) => {
  const { red } = await serve(context);
  const { id } = await lease(red, 16 * MiB);
  const wish = { size: MiB, ttl: 60_000, wait: 30_000 };
  const first = withKey(red, 'a', wish);
  let second: Answer;
  do second = await withKey(red, 'a', { ...wish, wait: 0 });
  while (second.status === 507);
  assert.equal(second.status, 409);
  await red('DELETE', `/leases/${id}`);
  assert.equal((await first).status, 201);
});

test('tries again after a failure with an Idempotency-Key', async (context) => {
  const { red } = await serve(context);
  const { id } = await lease(red, 16 * MiB);
  const wish = { size: MiB, ttl: 60_000 };
  assert.equal((await withKey(red, 'a', wish)).status, 507);
  await red('DELETE', `/leases/${id}`);
  assert.equal((await withKey(red, 'a', wish)).status, 201);
});
