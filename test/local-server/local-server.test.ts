/** The server that shows a page to whoever sits at this machine, and to nobody else. */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Access } from '../../lib/local-server/access';
import { openLocalServer, type ListenOptions, type LocalServer } from '../../lib/local-server/local-server';
import { readPage } from '../../lib/local-server/page';
import { Site, type Route } from '../../lib/local-server/site';
import { temporaryFolder } from '../support/temporary-folder';
import { ask, open, type Asked } from './ask';

const folder = temporaryFolder();
const TOKEN = 'a-secret-of-more-than-32-characters';

beforeAll(() => {
  mkdirSync(folder('page/assets'), { recursive: true });
  writeFileSync(folder('page/index.html'), '<!doctype html><title>Page</title>');
  writeFileSync(folder('page/assets/main.js'), 'export {};');
  writeFileSync(folder('page/notes.txt'), 'of no known type');
  writeFileSync(folder('secret.js'), 'secret');
  symlinkSync(folder('secret.js'), folder('page/assets/link.js'));
});

const routes: Readonly<Record<string, Route>> = {
  '/session': { type: 'application/json', open: ({ query }) => JSON.stringify({ asked: query.get('name') }) },
  '/broken': {
    type: 'application/json',
    open: () => {
      throw new Error('/home/somebody/trace');
    },
  },
};

const servers: LocalServer[] = [];

async function serve(
  options?: ListenOptions,
  more: Readonly<Record<string, Route>> = {},
): Promise<LocalServer> {
  const server = await openLocalServer(
    { page: readPage(folder('page')), routes: { ...routes, ...more } },
    options,
  );
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe('a link', () => {
  test('becomes a cookie, and a URL without the token', async () => {
    const { url } = await serve();
    const { status, headers } = await ask(url);
    expect([status, headers.location]).toEqual([303, './']);
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^gpu-buddy-[\da-f]{16}=[\w-]{43}; HttpOnly; SameSite=Strict$/),
    ]);
  });

  test('is valid once', async () => {
    const server = await serve();
    const cookie = await open(server.url);
    expect((await ask(server.url)).status).toBe(403);
    expect((await ask(server.url, { headers: { cookie } })).status).toBe(403);
    expect((await ask(server.link())).status).toBe(303);
  });

  test('is not used up by whoever only looks ahead', async () => {
    const { url } = await serve();
    expect((await ask(url, { method: 'HEAD' })).status).toBe(403);
    expect((await ask(url)).status).toBe(303);
  });

  test('of another page is followed by a page of our own, to which the browser sends the cookie', async () => {
    const { url } = await serve();
    const { status, headers } = await ask(url, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect([status, headers['refresh'], headers.location]).toEqual([200, '0; url=./', undefined]);
    expect(headers['set-cookie']).toHaveLength(1);
  });

  test('opens again and again with a token of the program, which is a bearer token too', async () => {
    const server = await serve({ token: TOKEN });
    expect(server.url).toContain(`/?token=${TOKEN}`);
    expect([(await ask(server.url)).status, (await ask(server.link())).status]).toEqual([303, 303]);
    const asked = (token: string): Asked => ({ path: '/', headers: { authorization: `Bearer ${token}` } });
    expect((await ask(server.url, asked(TOKEN))).status).toBe(200);
    expect((await ask(server.url, asked(`${TOKEN}x`))).status).toBe(401);
  });

  test('is forgotten when sixteen newer ones are there', async () => {
    const server = await serve();
    for (let count = 0; count < 16; count++) server.link();
    expect((await ask(server.url)).status).toBe(403);
  });

  test('gives each server a cookie of its own, since browsers send it to all ports', async () => {
    const [a, b] = [await serve(), await serve()];
    const cookies = [await open(a.url), await open(b.url)];
    for (const { url } of [a, b])
      expect((await ask(url, { path: '/', headers: { cookie: cookies.join('; ') } })).status).toBe(200);
    expect((await ask(a.url, { path: '/', headers: { cookie: cookies[1] } })).status).toBe(401);
  });
});

describe('a request', () => {
  interface Case extends Asked {
    readonly what: string;
    readonly status: number;
    readonly anonymous?: boolean;
    readonly options?: ListenOptions;
  }
  const host = (name: string): Pick<Asked, 'headers'> => ({ headers: { host: name } });
  const cases: readonly Case[] = [
    { what: 'for the page', status: 200 },
    { what: 'for a file of the page', path: '/assets/main.js', status: 200 },
    { what: 'with HEAD', method: 'HEAD', status: 200 },
    { what: 'without the cookie', anonymous: true, status: 401 },
    { what: 'for data without the cookie', anonymous: true, path: '/session', status: 401 },
    { what: 'for nothing without the cookie', anonymous: true, path: '/nothing', status: 401 },
    { what: 'with an unknown token', path: '/?token=unknown', status: 403 },
    { what: 'with an empty token', path: '/?token=', status: 403 },
    { what: 'with POST', method: 'POST', status: 405 },
    { what: 'with PUT', method: 'PUT', status: 405 },
    { what: 'with DELETE', method: 'DELETE', status: 405 },
    { what: 'with OPTIONS, a preflight of CORS', method: 'OPTIONS', status: 405 },
    { what: 'with TRACE', method: 'TRACE', status: 405 },
    { what: 'to localhost', ...host('localhost:80'), status: 200 },
    { what: 'to LOCALHOST', ...host('LOCALHOST'), status: 200 },
    { what: 'to [::1]', ...host('[::1]:80'), status: 200 },
    { what: 'to a name that was rebound', ...host('evil.example'), status: 421 },
    { what: 'to a name that was rebound, with our port', ...host('evil.example:80'), status: 421 },
    { what: 'to a name that begins as ours', ...host('localhost.evil.example'), status: 421 },
    { what: 'to a name that ends as ours', ...host('evil.localhost'), status: 421 },
    { what: 'to a user at our name', ...host('127.0.0.1@evil.example'), status: 421 },
    { what: 'to an address of another form', ...host('2130706433'), status: 421 },
    {
      what: 'to a name that is allowed',
      ...host('gpu.example'),
      options: { allowedHosts: ['GPU.example'] },
      status: 200,
    },
    {
      what: 'from our own origin',
      headers: { host: 'localhost:80', origin: 'http://localhost:80' },
      status: 200,
    },
    { what: 'from behind a proxy', headers: { host: 'localhost', origin: 'https://localhost' }, status: 200 },
    { what: 'from another origin', headers: { origin: 'http://evil.example' }, status: 403 },
    { what: 'from no origin that has a name', headers: { origin: 'null' }, status: 403 },
    {
      what: 'from another port',
      headers: { host: 'localhost:80', origin: 'http://localhost:81' },
      status: 403,
    },
    { what: 'from another site', headers: { 'sec-fetch-site': 'cross-site' }, status: 403 },
    { what: 'from a page at another port', headers: { 'sec-fetch-site': 'same-site' }, status: 403 },
    { what: 'from our page', headers: { 'sec-fetch-site': 'same-origin' }, status: 200 },
    { what: 'from the address bar', headers: { 'sec-fetch-site': 'none' }, status: 200 },
    { what: 'for a file beside the folder', path: '/../secret.js', status: 404 },
    { what: 'for a file beside the folder, encoded', path: '/%2e%2e/secret.js', status: 404 },
    { what: 'for a file beside the folder, encoded twice', path: '/%252e%252e/secret.js', status: 404 },
    { what: 'for a file beside the folder, with backslashes', path: '/..\\secret.js', status: 404 },
    { what: 'for a link out of the folder', path: '/assets/link.js', status: 404 },
    { what: 'for a folder', path: '/assets', status: 404 },
    { what: 'for a file of unknown type', path: '/notes.txt', status: 404 },
    { what: 'for a path with a zero byte', path: '/index.html%00', status: 404 },
    { what: 'for another server', path: 'http://evil.example/', status: 404 },
    { what: 'for another server without a scheme', path: '//evil.example/', status: 404 },
    { what: 'for what all objects have', path: '/constructor', status: 404 },
    { what: 'for __proto__', path: '/__proto__', status: 404 },
  ];

  test.each(cases)('$what: $status', async ({ status, anonymous = false, options, headers, ...asked }) => {
    const server = await serve(options);
    const cookie = anonymous ? '' : await open(server.url);
    const answer = await ask(server.url, { path: '/', ...asked, headers: { cookie, ...headers } });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; (?!.*unsafe)/),
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    if (status >= 400) expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test.each([
    ['GET / HTTP/1.0\r\n\r\n', '421'],
    ['GET / HTTP/1.1\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nHost:\r\n\r\n', '421'],
    ['GET / HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1\r\n\r\n', '421'],
  ])('without one host, %j: %s', async (text, status) => {
    const { url } = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1').end(text);
    expect((await buffer(socket)).toString('latin1').split(' ')[1]).toBe(status);
  });

  test('gets the data that a route gives, and never what an error says', async () => {
    const { url } = await serve();
    const headers = { cookie: await open(url) };
    const found = await ask(url, { path: '/session?name=%3Cscript%3E', headers });
    expect([found.body.toString(), found.headers['content-type']]).toEqual([
      '{"asked":"<script>"}',
      'application/json',
    ]);
    const broken = await ask(url, { path: '/broken', headers });
    expect([broken.status, broken.body.toString()]).toEqual([500, 'This could not be read.\n']);
  });
});

describe('a stream', () => {
  /** Gives pieces of 64 KiB for ever, and counts them. */
  class Endless implements Route {
    readonly type = 'application/octet-stream';
    given = 0;
    ended = false;

    async *open(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          this.given++;
          yield new Uint8Array(65_536);
          await new Promise(setImmediate);
        }
      } finally {
        this.ended = true;
      }
    }
  }

  async function openStream(url: string): Promise<IncomingMessage> {
    const { port } = new URL(url);
    const asked = get({
      host: '127.0.0.1',
      port,
      path: '/endless',
      headers: { cookie: await open(url) },
      agent: false,
    });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response.on('error', () => undefined);
  }

  /** Waits until turns of the event loop change nothing any more. */
  async function settled(value: () => number): Promise<number> {
    for (let last = -1, same = 0; ; last = value()) {
      same = last === value() ? same + 1 : 0;
      if (same === 50) return last;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  test('asks for no more than the client takes', async () => {
    const endless = new Endless();
    const { url } = await serve({}, { '/endless': endless });
    const response = await openStream(url);
    const before = await settled(() => endless.given);
    const taken = 64 * 65_536;
    for (let size = 0; size < taken;) {
      const piece = response.read() as Buffer | null;
      if (piece) size += piece.length;
      else await once(response, 'readable');
    }
    const after = await settled(() => endless.given);
    expect(after).toBeGreaterThan(before);
    expect(after).toBeLessThan(before + 128);
    response.destroy();
  });

  test('ends with its client', async () => {
    const endless = new Endless();
    const { url } = await serve({}, { '/endless': endless });
    const response = await openStream(url);
    response.destroy();
    while (!endless.ended) await new Promise(setImmediate);
  });

  test('ends with the server, which leaves nothing open', async () => {
    const endless = new Endless();
    const server = await serve({}, { '/endless': endless });
    const response = await openStream(server.url);
    const closed = new Promise((resolve) => response.resume().once('close', resolve));
    await server.close();
    await closed;
    while (!endless.ended) await new Promise(setImmediate);
    await expect(ask(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.close();
  });
});

describe('openLocalServer()', () => {
  test('listens at 127.0.0.1 and a free port, or at one that is named', async () => {
    const { url } = await serve();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
    const port = Number(new URL(url).port);
    await expect(serve({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await servers[0]?.close();
    expect((await serve({ port })).url).toContain(`:${String(port)}/`);
  });

  test('listens elsewhere with a token and allowedHosts', async () => {
    const { url } = await serve({ host: '0.0.0.0', token: TOKEN, allowedHosts: ['gpu.example'] });
    const { port } = new URL(url);
    const asked = (name: string) =>
      ask(`http://127.0.0.1:${port}/`, { headers: { host: name, authorization: `Bearer ${TOKEN}` } });
    expect([(await asked('gpu.example')).status, (await asked('127.0.0.1')).status]).toEqual([200, 421]);
  });

  test('closes with its signal', async () => {
    const controller = new AbortController();
    const { url } = await serve({ signal: controller.signal });
    controller.abort();
    for (;;) {
      const answer = await ask(url).catch((error: unknown) => error as NodeJS.ErrnoException);
      if ('code' in answer && answer.code === 'ECONNREFUSED') break;
    }
    const reason = new Error('too late');
    await expect(serve({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test.each<[what: string, options: object, code: string]>([
    ['a port that is no number', { port: '80' }, 'ERR_INVALID_ARG_TYPE'],
    ['a port that there is not', { port: 65_536 }, 'ERR_OUT_OF_RANGE'],
    ['a host that is no text', { host: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['another address alone', { host: '0.0.0.0' }, 'ERR_INVALID_ARG_VALUE'],
    ['another address with a token alone', { host: '::', token: TOKEN }, 'ERR_INVALID_ARG_VALUE'],
    ['another address with names alone', { host: '10.0.0.1', allowedHosts: ['a'] }, 'ERR_INVALID_ARG_VALUE'],
    ['a token that can be guessed', { token: 'secret' }, 'ERR_INVALID_ARG_VALUE'],
    ['a token that a URL would change', { token: `${TOKEN}&` }, 'ERR_INVALID_ARG_VALUE'],
    ['a token that is no text', { token: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['names that are no array', { allowedHosts: 'a' }, 'ERR_INVALID_ARG_TYPE'],
    ['a name that is no text', { allowedHosts: [1] }, 'ERR_INVALID_ARG_TYPE'],
    ['a name with a port', { allowedHosts: ['a:80'] }, 'ERR_INVALID_ARG_VALUE'],
    ['a name for all', { allowedHosts: ['*'] }, 'ERR_INVALID_ARG_VALUE'],
    ['a signal that is none', { signal: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s', async (_, options, code) => {
    await expect(serve(options)).rejects.toMatchObject({ code });
  });
});

describe("a site in a program's own server", () => {
  test.each([
    ['/inspect', '/inspect', './inspect/'],
    ['/a/inspect', '/a/inspect', './inspect/'],
    ['/inspect', '/inspect/', './'],
  ])('below %s, asked for by %s, leads to %s', async (path, asked, location) => {
    const access = new Access(undefined);
    const site = new Site({ page: readPage(folder('page')), routes, access, hosts: undefined, path });
    const server = createServer(site.handle).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const answer = await ask(`${url}${asked}?token=${access.newToken()}`);
    expect([answer.status, answer.headers.location]).toEqual([303, location]);
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
    const statuses = [`${path}/`, path, `${path}/assets/main.js`, '/', '/assets/main.js', `${path}x/`].map(
      async (name) => (await ask(url + name, { headers: { cookie, host: 'any.example' } })).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 303, 200, 404, 404, 404]);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
});
