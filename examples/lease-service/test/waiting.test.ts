/** Tests how requests wait for memory, and that neither they nor others can take too much. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Lease } from '../src/schemas.ts';
import { lease, leasesOf, MiB, serve, tokens, type Answer } from './support.ts';

/** Asks until a condition holds; the test's own time limit ends it. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}

test('refuses with the reason where a wait ends in vain', async (context) => {
  const { red, blue } = await serve(context);
  await lease(red, 16 * MiB);
  const { status, body } = await blue('POST', '/leases', { size: MiB, ttl: 1000, wait: 20 });
  assert.deepEqual([status, (body as { reason: string }).reason], [507, 'full']);
});

test('gives memory to those who wait before those who come later', async (context) => {
  const { red, blue } = await serve(context);
  const { id } = await lease(red, 16 * MiB);
  const first = lease(blue, 12 * MiB, { wait: 30_000 });
  // Is in line once a later request of its own is refused for it.
  let later: Answer;
  do later = await blue('POST', '/leases', { size: MiB, ttl: 1000 });
  while ((later.body as { reason: string }).reason !== 'queued');
  assert.equal(later.status, 507);
  await red('DELETE', `/leases/${id}`);
  assert.equal((await first).size, 12 * MiB);
});

test('gives nothing to a client that hangs up, and lets the next one have it', async (context) => {
  const { red, blue } = await serve(context);
  const { id } = await lease(red, 16 * MiB);
  const controller = new AbortController();
  const hungUp = blue(
    'POST',
    '/leases',
    { size: MiB, ttl: 1000, wait: 30_000 },
    { signal: controller.signal },
  );
  const isQueued = async (): Promise<boolean> => {
    const { body } = await red('POST', '/leases', { size: MiB, ttl: 1000 });
    return (body as { reason: string }).reason === 'queued';
  };
  await until(isQueued);
  controller.abort();
  await assert.rejects(hungUp, { name: 'AbortError' });
  await until(async () => !(await isQueued()));
  await red('DELETE', `/leases/${id}`);
  assert.equal((await lease(red, 16 * MiB)).size, 16 * MiB);
  assert.deepEqual(await leasesOf(blue), []);
});

test('refuses requests of a tenant of which too many wait, and no others', async (context) => {
  const { red, blue, operator } = await serve(context, { limits: { maxWaiting: 3 } });
  const { id } = await lease(red, 16 * MiB);
  const wish = { size: MiB, ttl: 60_000, wait: 30_000 };
  let answered = 0;
  const answers = Array.from({ length: 8 }, async () => {
    const answer = await blue('POST', '/leases', wish);
    answered++;
    return answer;
  });
  await until(async () => (await red('GET', '/healthz')).status === 200 && answered === 5);
  await red('DELETE', `/leases/${id}`);
  const statuses = (await Promise.all(answers)).map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [201, 201, 201, 503, 503, 503, 503, 503]);
  assert.equal((await leasesOf(operator)).length, 3);
});

test('refuses requests while too many are being answered', async (context) => {
  const { red, blue } = await serve(context, { limits: { maxRequests: 2 } });
  const { id } = await lease(red, 16 * MiB);
  const waiting = lease(blue, MiB, { wait: 30_000 });
  const controller = new AbortController();
  const wish = { size: MiB, ttl: 1000, wait: 30_000 };
  const hungUp = red('POST', '/leases', wish, { signal: controller.signal });
  const rejected = assert.rejects(hungUp, { name: 'AbortError' });
  await until(async () => isOverloaded(await red('GET', '/leases')));
  assert.equal((await red('GET', '/healthz')).status, 200);
  controller.abort();
  await rejected;
  await until(async () => (await red('DELETE', `/leases/${id}`)).status === 204);
  await waiting;
});

function isOverloaded({ status, headers }: Answer): boolean {
  if (status === 503) assert.equal(headers.get('retry-after'), '1');
  return status === 503;
}

test('refuses a tenant that asks too often, and no other', async (context) => {
  const { red, blue } = await serve(context, { limits: { maxRate: 5 } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => red('GET', '/leases')));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0);
  assert.ok(refused.every(({ headers }) => headers.has('retry-after')));
  assert.equal((await blue('GET', '/leases')).status, 200);
});

test('refuses a body that is too long before it is read', async (context) => {
  const { red } = await serve(context, { limits: { maxBody: 100 } });
  const { status } = await red('POST', '/leases', { size: MiB, ttl: 1, more: 'x'.repeat(200) });
  assert.equal(status, 413);
});

test('answers all requests of a connection in their order', async (context) => {
  const { url, red } = await serve(context);
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ size: MiB, ttl: 60_000 });
  const head = `Host: x\r\nAuthorization: Bearer ${tokens.red}\r\nContent-Type: application/json`;
  const request = `POST /leases HTTP/1.1\r\n${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const last = request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  const socket = connect(Number(port), hostname).end(request + request + last);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const ids = [...text.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id));
  assert.deepEqual(ids, [1, 2, 3]);
  assert.deepEqual(
    (await leasesOf(red)).map(({ id }: Lease) => id),
    [1, 2, 3],
  );
});
