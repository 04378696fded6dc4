/** Tests that a token opens what is its tenant's, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newToken, Tokens } from '../src/tokens.ts';
import { client, GiB, lease, leasesOf, MiB, serve, tokens } from './support.ts';

test("a tenant's token opens nothing of another tenant", async (context) => {
  const { red, blue, operator } = await serve(context, { red: { limit: 4 * MiB }, blue: { mayClear: true } });
  const mine = await lease(red, MiB, { ttl: 3_600_000 });
  const key = { headers: { 'idempotency-key': 'red' } };
  await red('POST', '/leases', { size: MiB, ttl: 3_600_000 }, key);
  const before = await leasesOf(operator);

  for (const id of before.map((each) => each.id))
    for (const [method, path, body] of [
      ['GET', `/leases/${id}`],
      ['PATCH', `/leases/${id}`, { ttl: 1 }],
      ['DELETE', `/leases/${id}`],
      ['DELETE', `/leases/${id}?cleared=true`],
    ] as const) {
      const answer = await blue(method, path, body);
      const never = await blue(method, path.replace(String(id), '999999'), body);
      assert.equal(answer.status, 404, `${method} ${path}`);
      assert.deepEqual(answer.body, never.body, 'looks as a lease that never was');
    }
  assert.deepEqual(await leasesOf(blue), []);
  assert.equal((await blue('GET', `/leases?after=0&tenant=red`)).status, 400);
  for (const path of ['/map', '/metrics']) assert.equal((await blue('GET', path)).status, 403, path);

  // Neither its account nor its keys are the other's.
  const { status, body } = await blue('POST', '/leases', { size: MiB, ttl: 1000, tenant: 'red' });
  assert.equal(status, 400, JSON.stringify(body));
  const repeated = await blue('POST', '/leases', { size: MiB, ttl: 3_600_000 }, key);
  assert.equal(repeated.headers.get('idempotent-replayed'), null);
  await lease(blue, 8 * MiB);
  assert.deepEqual(
    (await leasesOf(operator)).filter(({ tenant }) => tenant === 'red'),
    before,
  );
  await lease(red, 2 * MiB);
  assert.deepEqual((await leasesOf(red))[0], mine);
});

test('a refusal tells nothing of what others hold', async (context) => {
  const { red, blue } = await serve(context);
  await lease(red, 5 * MiB);
  const { body } = await blue('POST', '/leases', { size: 12 * MiB, ttl: 1000 });
  assert.deepEqual(body, { code: 'ENOSPC', message: 'There is not so much free memory', reason: 'full' });
});

test('the operator sees all leases with their tenants, and can release them, but has none', async (context) => {
  const { red, operator } = await serve(context);
  const mine = await lease(red, MiB);
  assert.deepEqual(await leasesOf(operator), [{ ...mine, tenant: 'red' }]);
  assert.equal((await operator('POST', '/leases', { size: MiB, ttl: 1000 })).status, 403);
  assert.equal((await operator('DELETE', `/leases/${mine.id}`)).status, 204);
  assert.deepEqual(await leasesOf(red), []);
});

const [name, secret] = tokens.red.split('.') as [string, string];
const odd: [what: string, token: string | undefined][] = [
  ['no token', undefined],
  ['an empty token', ''],
  ['a name alone', `${name}.`],
  ['a secret alone', secret],
  ["another tenant's secret", `${name}.${tokens.blue.split('.')[1] ?? ''}`],
  ['a token of a tenant that is not there', newToken('green').token],
  ['a token with one more letter', `${tokens.red}A`],
  ['a token with another last letter', `${tokens.red.slice(0, -1)}${tokens.red.endsWith('A') ? 'E' : 'A'}`],
  ['two tokens', `${tokens.red} ${tokens.red}`],
];
for (const [what, token] of odd)
  test(`refuses ${what}`, async (context) => {
    const { url, red } = await serve(context);
    const { id } = await lease(red, MiB);
    const nobody = client(url, token);
    for (const [method, path, body] of [
      ['GET', '/leases'],
      ['POST', '/leases', { size: MiB, ttl: 1000 }],
      ['GET', `/leases/${id}`],
      ['PATCH', `/leases/${id}`, { ttl: 1000 }],
      ['DELETE', `/leases/${id}`],
      ['GET', '/map'],
      ['GET', '/metrics'],
    ] as const) {
      const { status, headers } = await nobody(method, path, body);
      assert.equal(status, 401, `${method} ${path}`);
      assert.equal(headers.get('www-authenticate'), 'Bearer');
    }
    assert.equal((await leasesOf(red)).length, 1);
  });

test('keeps no token that could be used', async (context) => {
  const { token, hash } = newToken('red');
  assert.ok(!hash.includes(token.slice(4)));
  const known = new Tokens();
  known.add('red', hash);
  assert.equal(known.nameOf(`Bearer ${token}`), 'red');
  assert.equal(known.nameOf(`bearer ${token}`), 'red');
  assert.equal(known.nameOf(`Basic ${token}`), undefined);
  assert.equal(known.nameOf(`Bearer red.${hash.slice(0, 43)}`), undefined);
  const { operator } = await serve(context, { size: GiB });
  assert.equal((await operator('GET', '/map')).status, 200);
});
