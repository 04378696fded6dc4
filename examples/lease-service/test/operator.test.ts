/** Tests the pages about the service itself. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import parsePrometheus from 'parse-prometheus-text-format';
import { lease, MiB, serve, temporaryFolder } from './support.ts';

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
    'post /inspect/links *',
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
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/guide/watching.md'), 'utf8');
  const cells = Array.from(docs.matchAll(/^\| (`gpu_buddy\.[^|]+)\|/gm), ([, cell = '']) => cell);
  const documented = cells.flatMap((cell) =>
    Array.from(cell.matchAll(/`([\w.]+)`/g), ([, name = '']) => name.replaceAll('.', '_')),
  );
  assert.ok(documented.length > 5);
  assert.deepEqual(scraped.filter((name) => name.startsWith('gpu_buddy_')).toSorted(), documented.toSorted());
});

/** A service whose page is there. */
async function serveWithPage(context: TestContext) {
  const page = temporaryFolder(context);
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
  return serve(context, { page });
}

/** Opens a link as a browser does, and asks for another page there with the cookie. */
async function follow(url: string, link: string, path: string): Promise<Response> {
  const opened = await fetch(url + link, { redirect: 'manual' });
  const [cookie = ''] = (opened.headers.get('set-cookie') ?? '').split(';');
  return fetch(url + path, { headers: { cookie } });
}

test('shows the memory in a browser to whoever has a link of the operator', async (context) => {
  const { url, red, operator, nobody, close } = await serveWithPage(context);
  const { status, body } = await operator('POST', '/inspect/links');
  assert.equal(status, 201);
  const { path } = body as { path: string };
  assert.match(path, /^\/inspect\/\?token=[\w-]{43}$/);
  assert.equal((await nobody('GET', '/inspect/')).status, 401);
  // A token of the service is none of the page.
  assert.equal((await operator('GET', '/inspect/session')).status, 401);
  assert.equal((await red('POST', '/inspect/links')).status, 403);
  assert.equal((await nobody('POST', '/inspect/links')).status, 401);

  const stream = await follow(url, path, '/inspect/effects/0');
  assert.equal(stream.headers.get('content-type'), 'application/octet-stream');
  assert.equal((await nobody('GET', path)).status, 403);
  const reader = stream.body?.getReader();
  await lease(red, 4 * MiB);
  let seen = '';
  while (!seen.includes('lease 1'))
    seen += Buffer.from((await reader?.read())?.value ?? []).toString('latin1');
  // A viewer holds up nobody who stops the service.
  await close();
});

test('says that there is no page where it is not installed', async (context) => {
  const { operator } = await serve(context, { page: temporaryFolder(context) });
  const { status, body } = await operator('POST', '/inspect/links');
  assert.deepEqual([status, (body as { code: string }).code], [501, 'ERR_NO_PAGE']);
});
