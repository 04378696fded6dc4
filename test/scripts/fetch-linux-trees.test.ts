// The public trees in vendor/linux.json, served by this process on loopback, where apt is missing or fails. Plain http is for
// loopback, so most tests need no certificate; those of https and proxies make one.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { cached, expectError, type Files, kernelFiles, kernelTree, PATHS, Sandbox } from './sandbox';

const FILES = kernelFiles('7.3.4');
const DONE = { vendor: FILES, cache: cached('7.3.4'), temp: {} };
const NOTHING = { vendor: {}, cache: {}, temp: {} };

let box: Sandbox;
let servers: Server[];
beforeEach(() => {
  box = new Sandbox();
  servers = [];
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  box.remove();
});

/** Serves a tree at /vVERSION/, or at /?h=vVERSION as git.kernel.org does. */
function holding(version: string, files: Files): RequestListener {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const path = searchParams.get('h') === `v${version}` ? pathname : pathname.replace(`/v${version}`, '');
    const content = files[path.slice(1)];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  };
}

const right = holding('7.3.4', kernelTree('7.3.4'));

/** Starts a server and gives its address, such as 127.0.0.1:45678. */
async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const serve = async (answer: RequestListener): Promise<string> => listen(createServer(answer));

/** An address at which nobody listens. */
async function nobody(): Promise<string> {
  const server = createServer();
  const host = await listen(server);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return host;
}

describe('a public tree', () => {
  it.each([
    ['apt fails', (): NodeJS.ProcessEnv => ({})],
    ['there is no apt', (): NodeJS.ProcessEnv => ({ PATH: box.temp })],
  ])('gives the files of the newest known kernel where %s', async (_, env) => {
    const asked: string[] = [];
    const host = await serve((request, response) => {
      asked.push(request.url ?? '');
      right(request, response);
    });
    box.publish(`http://${host}/vVERSION`);
    expect(await box.fetch([], env())).toEqual({
      code: 0,
      stdout: `vendor/linux/7.3 now holds Linux 7.3.4, from http://${host}/v7.3.4.\n`,
      stderr: `Asking ${host} for the kernel's files …\n`,
    });
    expect(asked).toEqual(PATHS.map((path) => `/v7.3.4/${path}`));
    expect(box.left()).toEqual(DONE);

    rmSync(box.vendor, { recursive: true });
    expect(await box.fetch([], env())).toMatchObject({ code: 0, stderr: '' });
    expect(asked).toHaveLength(PATHS.length);
  });

  it('may have the version in its query', async () => {
    box.publish(`http://${await serve(right)}?h=vVERSION`);
    expect(await box.fetch()).toMatchObject({ code: 0 });
    expect(box.left()).toEqual(DONE);
  });

  const truncated: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
  };
  const silent: RequestListener = () => undefined;
  const dripping: RequestListener = (request, response) => {
    const timer = setInterval(() => response.write('/'), 20);
    request.socket.once('close', () => {
      clearInterval(timer);
    });
  };
  const mixed: RequestListener = (request, response) => {
    holding('7.3.4', { ...kernelFiles('7.3.2'), [PATHS[0] ?? '']: FILES[PATHS[0] ?? ''] ?? '' })(
      request,
      response,
    );
  };
  const bad: readonly (readonly [string, RequestListener, RegExp])[] = [
    ['has no files', holding('7.3.4', {}), /buddy\.c cannot be fetched: the server answered 404 Not Found/],
    [
      'has files of another kernel',
      holding('7.3.4', kernelTree('7.3.9')),
      /\(Linux 7\.3\.9\) is not a kernel that/,
    ],
    ['has files of two kernels', mixed, /its files belong to different versions/],
    [
      'answers with a web page',
      (_, response) => response.end('<html>'),
      /buddy\.c has SHA-256 \w+, expected/,
    ],
    ['is cut off', truncated, /cannot be fetched: terminated/],
    ['never answers', silent, /cannot be fetched: no answer within 0\.\d s/],
    ['never ends', dripping, /cannot be fetched: no answer within 0\.\d s/],
    [
      'leads elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://x.invalid/' }).end(),
      /cannot be fetched: fetch failed \(unexpected redirect\)/,
    ],
  ];
  it.each(bad)('that %s is named, and leaves nothing behind', async (_, answer, message) => {
    const host = await serve(answer);
    box.publish(`http://${host}/vVERSION`);
    const result = await box.fetch(['--timeout', '0.5'], { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expectError(result, `Public trees: http://${host}/v7.3.4`, message, `let this machine reach ${host}`);
    expect(result.stderr).not.toContain('set GPU_BUDDY_ALLOW_UNVERIFIED');
    expect(box.left()).toEqual(NOTHING);
  });

  it.each(bad)('that %s gives way to the next one', async (_, answer) => {
    const [first, second] = [await serve(answer), await serve(right)];
    box.publish(`http://${first}/vVERSION`, `http://${second}/vVERSION`);
    const result = await box.fetch(['--timeout', '4']);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(`from http://${second}/`) });
    expect(result.stderr).toBe(
      `Asking ${first} for the kernel's files …\nAsking ${second} for the kernel's files …\n`,
    );
    expect(box.left()).toEqual(DONE);
  });

  it('that nobody serves is named, and so are the others', async () => {
    const [first, second] = [await nobody(), await nobody()];
    box.publish(`http://${first}/vVERSION`, `http://${second}/vVERSION`);
    expectError(await box.fetch(), `http://${first}/`, 'ECONNREFUSED', `reach ${first} or ${second}`);
  });
});

const withOpenssl = spawnSync('openssl', ['version']).status === 0 ? describe : describe.skip;

withOpenssl('a public tree behind https', () => {
  const URL_OF_TREE = 'https://mirror.invalid/vVERSION';
  let secure: string;
  let trusting: NodeJS.ProcessEnv;
  beforeEach(async () => {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(box.dir, name)) as [string, string];
    const subject = [
      '-subj',
      '/CN=mirror.invalid',
      '-addext',
      'subjectAltName=DNS:mirror.invalid,IP:127.0.0.1',
    ];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    secure = await listen(createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, right));
    trusting = { NODE_EXTRA_CA_CERTS: cert };
  });

  /** A proxy that leads every host to the one server, and what it was asked for. */
  async function proxy(): Promise<{ readonly url: string; readonly asked: readonly string[] }> {
    const asked: string[] = [];
    const server = createServer((_, response) => response.writeHead(400).end());
    server.on('connect', (request, client) => {
      asked.push(request.url ?? '');
      const upstream = connect(Number(secure.split(':')[1]), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [client, upstream]) socket.on('error', () => upstream.destroy());
      client.once('close', () => upstream.destroy());
    });
    return { url: `http://${await listen(server)}`, asked };
  }

  it('needs a certificate that Node trusts, such as one in NODE_EXTRA_CA_CERTS', async () => {
    box.publish(`https://${secure}/vVERSION`);
    expectError(await box.fetch(), /cannot be fetched: .*self-signed certificate/, 'NODE_EXTRA_CA_CERTS');
    expect(await box.fetch([], trusting)).toMatchObject({ code: 0 });
    expect(box.left()).toEqual(DONE);
  });

  it.each(['HTTPS_PROXY', 'https_proxy'])('is reached through the proxy in %s', async (name) => {
    box.publish(URL_OF_TREE);
    const { url, asked } = await proxy();
    expect(await box.fetch([], { ...trusting, [name]: url })).toMatchObject({ code: 0 });
    expect(new Set(asked)).toEqual(new Set(['mirror.invalid:443']));
    expect(box.left()).toEqual(DONE);
  });

  it('is reached directly if NO_PROXY names its host', async () => {
    box.publish(`https://${secure}/vVERSION`);
    const { url, asked } = await proxy();
    const env = { ...trusting, HTTPS_PROXY: url, NO_PROXY: 'localhost,127.0.0.1' };
    expect(await box.fetch([], env)).toMatchObject({ code: 0 });
    expect(asked).toEqual([]);
  });

  it('is not reached without its proxy', async () => {
    box.publish(URL_OF_TREE);
    const env = { ...trusting, HTTPS_PROXY: `http://${await nobody()}` };
    expectError(
      await box.fetch([], env),
      /mirror\.invalid\/\S+ cannot be fetched: .*ECONNREFUSED/,
      'HTTPS_PROXY',
    );
  });

  it('is GPU_BUDDY_LINUX, and reached through the proxy as well', async () => {
    const { url, asked } = await proxy();
    const env = { ...trusting, HTTPS_PROXY: url };
    expect(await box.fetchFrom('https://mirror.invalid/v7.3.4', env)).toMatchObject({ code: 0 });
    expect(asked.length).toBeGreaterThan(0);
  });
});
