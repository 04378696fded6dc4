// GPU_BUDDY_LINUX as the URL of a raw tree, served by this process on loopback.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cached, expectError, HEADER, kernelFiles, kernelTree, Sandbox, without } from './sandbox';

const FILES = kernelFiles('7.3.4');
const NOTHING = { vendor: {}, cache: {}, temp: {} };

let box: Sandbox;
let server: Server;
let url: string;
let asked: string[];
let answer: RequestListener;

/** Serves a tree below /linux/. */
function serve(tree: Readonly<Record<string, string>>): RequestListener {
  return (request, response) => {
    const content = tree[new URL(request.url ?? '', url).pathname.replace('/linux/', '')];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  };
}

beforeEach(async () => {
  box = new Sandbox();
  asked = [];
  answer = serve(kernelTree('7.3.4'));
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/linux`;
});
afterEach(async () => {
  await close();
  box.remove();
});

async function close(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

describe('a URL', () => {
  it.each(['', '/'])('ending in "%s" gives the files', async (ending) => {
    expect(await box.fetchFrom(url + ending)).toMatchObject({ code: 0, stderr: '' });
    expect(box.left()).toEqual({ vendor: FILES, cache: cached('7.3.4'), temp: {} });
    expect(box.origin()).toMatchObject({ version: '7.3.4', source: url, verified: true });
  });

  it('is asked for the wanted files alone, with its query', async () => {
    await box.fetchFrom(`${url}?h=v7.3.4`);
    expect(asked).toEqual(Object.keys(FILES).map((path) => `/linux/${path}?h=v7.3.4`));
  });

  it('does not show its secrets', async () => {
    const result = await box.fetchFrom(`${url}?token=word`);
    expect(result).toMatchObject({ code: 0 });
    expect(JSON.stringify([result, box.origin()])).not.toContain('word');
  });

  it('is asked for the version of an unknown kernel', async () => {
    answer = serve(kernelTree('7.3.9'));
    expectError(await box.fetchFrom(url), /\(Linux 7\.3\.9\) is not a kernel that/);
    await box.fetchFrom(url, { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expect(box.origin()).toMatchObject({ version: '7.3.9', verified: false });
  });
});

describe('a URL is refused, and leaves nothing behind, when', () => {
  const bad: readonly (readonly [string, RequestListener, string | RegExp])[] = [
    [
      'a file is missing',
      (_, response) => response.writeHead(404).end(),
      'the server answered 404 Not Found',
    ],
    ['the server fails', (_, response) => response.writeHead(500).end(), 'the server answered 500'],
    [
      'the answer is a web page',
      (_, response) => response.end('<html>'),
      /buddy\.c has SHA-256 \w+, expected/,
    ],
    ['the answer is empty', (_, response) => response.end(), /buddy\.c has SHA-256 \w+, expected/],
    [
      'the answer is huge',
      (_, response) => response.end(Buffer.alloc(5 << 20)),
      'Response content exceeded max size',
    ],
    [
      'the answer is cut off',
      (_, response) =>
        response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy()),
      'cannot be fetched: terminated',
    ],
    [
      'it redirects, perhaps to plain http',
      (_, response) => response.writeHead(302, { location: '/' }).end(),
      'cannot be fetched: fetch failed (unexpected redirect)',
    ],
    [
      'the connection breaks',
      (request) => request.destroy(),
      /cannot be fetched: fetch failed \(.*(closed|ECONNRESET)/,
    ],
  ];
  it.each(bad)('%s', async (_, how, message) => {
    answer = how;
    expectError(await box.fetchFrom(url), message);
    expect(box.left()).toEqual(NOTHING);
  });

  it('only the last file is missing', async () => {
    answer = serve(without(kernelTree('7.3.4'), HEADER));
    expectError(await box.fetchFrom(url), `${url}/${HEADER} cannot be fetched: the server answered 404`);
    expect(box.left()).toEqual(NOTHING);
  });

  it('the server never answers', async () => {
    answer = () => undefined;
    expectError(await box.fetchFrom(url, {}, ['--timeout', '0.1']), 'no answer within 0.1 s');
  });

  it('nobody listens', async () => {
    await close();
    expectError(await box.fetchFrom(url), /cannot be fetched: fetch failed \(.*ECONNREFUSED/);
  });

  it.each([
    ['http://mirror.invalid/linux', 'is not https'],
    ['ftp://mirror.invalid/linux', 'is not https'],
    ['https://', 'is no valid URL'],
    ['https://me:word@mirror.invalid/linux', 'must not have a user name and a password'],
  ])('it is %s', async (place, message) => {
    expectError(await box.fetchFrom(place), message);
  });
});
