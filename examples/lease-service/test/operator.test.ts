/** Tests the pages about the service itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import parsePrometheus from 'parse-prometheus-text-format';
import { lease, MiB, serve } from './support.ts';

test('tells everybody that it works, and what it can do', async (context) => {
  const { nobody } = await serve(context);
  assert.deepEqual((await nobody('GET', '/healthz')).body, { status: 'ok' });
  const { status, body } = await nobody('GET', '/openapi.json');
  assert.equal(status, 200);
  const { openapi, paths } = body as {
    openapi: string;
    paths: Record<string, Record<string, { security?: object[] }>>;
  };
  assert.equal(openapi, '3.1.0');
  const pages = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => `${method} ${path}${security ? ' *' : ''}`),
  );
  assert.deepEqual(pages.toSorted(), [
    'delete /leases/{id} *',
    'get /healthz',
    'get /leases *',
    'get /leases/{id} *',
    'get /map *',
    'get /metrics *',
    'get /openapi.json',
    'patch /leases/{id} *',
    'post /leases *',
  ]);
});

test('draws what is leased', async (context) => {
  const { red, operator } = await serve(context);
  await lease(red, 4 * MiB);
  const { status, headers, body } = await operator('GET', '/map');
  assert.deepEqual([status, headers.get('content-type')], [200, 'image/svg+xml']);
  const svg = String(body);
  assert.match(svg, /<title[^>]*>Leased memory<\/title>/);
  assert.match(svg, /4 MiB of 16 MiB used \(25\.0 %\), in 1 block/);
});

test('measures itself as Prometheus reads it', async (context) => {
  const { red, blue, operator } = await serve(context, { visibleSize: 2 * MiB });
  await lease(red, 4 * MiB);
  await lease(red, MiB, { visible: true });
  const { id } = await lease(blue, MiB);
  await blue('DELETE', `/leases/${id}`);
  const { headers, body } = await operator('GET', '/metrics');
  assert.equal(headers.get('content-type'), 'text/plain; version=0.0.4');
  const families = new Map(
    parsePrometheus(String(body)).map(({ name, type, metrics }) => [name, { type, metrics }]),
  );
  const values = (name: string): Record<string, number> =>
    Object.fromEntries(
      (families.get(name)?.metrics ?? []).map(({ labels, value }) => [
        labels?.tenant ?? labels?.state ?? '',
        Number(value),
      ]),
    );
  assert.deepEqual(values('gpu_buddy_memory_usage'), {
    used: 5 * MiB,
    free: 11 * MiB,
    clear: 0,
    reserved: 0,
  });
  assert.deepEqual(values('gpu_buddy_allocations_total'), { '': 3 });
  assert.deepEqual(values('lease_service_leases'), { red: 2, blue: 0 });
  assert.deepEqual(values('lease_service_usage'), { red: 5 * MiB, blue: 0 });
  assert.deepEqual(values('lease_service_visible_usage'), { '': MiB });
  assert.equal(families.get('lease_service_commits_total')?.type, 'COUNTER');
});

test('has the metrics of gpu-buddy that its documentation lists, and no others', async (context) => {
  const { operator } = await serve(context);
  const { body } = await operator('GET', '/metrics');
  const scraped = parsePrometheus(String(body)).map(({ name }) => name.replace(/_total$/, ''));
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/watching.md'), 'utf8');
  const cells = Array.from(docs.matchAll(/^\| (`gpu_buddy\.[^|]+)\|/gm), ([, cell = '']) => cell);
  const documented = cells.flatMap((cell) =>
    Array.from(cell.matchAll(/`([\w.]+)`/g), ([, name = '']) => name.replaceAll('.', '_')),
  );
  assert.ok(documented.length > 5);
  assert.deepEqual(scraped.filter((name) => name.startsWith('gpu_buddy_')).toSorted(), documented.toSorted());
});
