import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { PREFIX, QUEUE_PREFIX } from '../src/redis/keys.js';
import { temporaryFolder, writeSpecification } from './support/folder.js';
import { run, start } from './support/program.js';
import { RedisServer, SKIP } from './support/redis-server.js';
import { writeTrace } from './support/traces.js';

const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);
for (const seed of [1, 2, 3]) writeTrace(folder, `${seed}.trace`, seed, 200);

const linesOf = (name: string) => readFileSync(inFolder(name), 'utf8').split('\n').slice(0, -1);

/** Submits a specification; gives its id. */
async function submit(redis: string, spec: string): Promise<string> {
  const { status, stdout, stderr } = await run('submit', spec, '--redis', redis);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

describe('over Redis', { skip: SKIP }, () => {
  let server: RedisServer;
  let redis: string;
  const cache = ['--cache', inFolder('cache')];

  before(async () => {
    server = await RedisServer.start(folder);
    redis = server.url;
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('collected results are those of run, byte for byte, and collecting them twice changes nothing', async () => {
    const spec = writeSpecification(folder, {
      traces: ['[123].trace'],
      sizes: ['100%', '120%'],
      modes: ['simple', 'contiguous-range'],
      shuffles: { seeds: ['recorded', 7] },
    });
    await run('run', spec, '-o', inFolder('here.jsonl'));
    const id = await submit(redis, spec);
    assert.equal((await run('work', id, '--redis', redis, ...cache)).status, 0);
    for (let time = 0; time < 2; time++) {
      assert.equal((await run('collect', id, '--redis', redis, '-o', inFolder('there.jsonl'))).status, 0);
      assert.deepEqual(readFileSync(inFolder('there.jsonl')), readFileSync(inFolder('here.jsonl')));
    }
    assert.equal(linesOf('there.times.jsonl').length, 24);
  });

  test('status counts jobs; submitting once more adds none; cancel leaves what is done, --forget nothing', async () => {
    const spec = writeSpecification(
      folder,
      { traces: ['1.trace', '2.trace'], sizes: ['130%'] },
      'cancel.json',
    );
    const other = writeSpecification(folder, { traces: ['1.trace'], sizes: ['140%'] }, 'other.json');
    const id = await submit(redis, spec);
    const otherId = await submit(redis, other);
    assert.equal(await submit(redis, spec), id);
    const numbers = async (sweep: string) =>
      (await run('status', sweep, '--redis', redis)).stdout
        .split('\n')[1]
        ?.split(/ +/)
        .slice(1, 7)
        .map(Number);
    // Jobs, done, running, waiting, set aside, missing.
    assert.deepEqual(await numbers(id), [2, 0, 0, 2, 0, 0]);
    await run('cancel', id, '--redis', redis);
    assert.deepEqual(await numbers(id), [2, 0, 0, 0, 0, 2]);
    assert.equal(await submit(redis, spec), id);
    assert.deepEqual(await numbers(id), [2, 0, 0, 2, 0, 0]);
    await run('work', id, '--redis', redis, ...cache);
    assert.deepEqual(await numbers(id), [2, 2, 0, 0, 0, 0]);

    const connection = server.connect();
    const stored = async () => (await connection.keys(`${PREFIX}:trace:*`)).length;
    const before = await stored();
    await run('cancel', id, '--forget', '--redis', redis);
    // The first test's sweep needs both traces still.
    assert.equal(await stored(), before);
    assert.deepEqual(await connection.keys(`*${id}*`), []);
    const all = (await run('status', '--redis', redis)).stdout;
    assert.ok(all.includes(otherId) && !all.includes(id));
    for (const line of all.trim().split('\n').slice(1))
      await run('cancel', line.split(' ')[0] ?? '', '--forget', '--redis', redis);
    assert.deepEqual(await connection.keys('*'), []);
    connection.disconnect();
    const gone = await run('collect', id, '--redis', redis, '-o', inFolder('gone.jsonl'));
    assert.equal(gone.status, 2);
    assert.match(gone.stderr, new RegExp(`Redis holds no sweep ${id}$`));
    assert.ok(!existsSync(inFolder('gone.jsonl')));
  });

  test('a job that takes longer than its lock is done once', async () => {
    writeTrace(folder, 'long.trace', 5, 250_000);
    const sizes = Array.from({ length: 12 }, (_, index) => 40_960 + 4096 * index);
    const spec = writeSpecification(
      folder,
      { traces: ['long.trace'], sizes, stop: { atFirstFit: true } },
      'long.json',
    );
    const id = await submit(redis, spec);
    // Two more threads and another process would take the job, were its lock not renewed.
    const workers = [1, 2].map(() =>
      run('work', id, '--redis', redis, '--lock', '1', '--threads', '2', ...cache),
    );
    for (const { status } of await Promise.all(workers)) assert.equal(status, 0);
    assert.equal((await run('collect', id, '--redis', redis, '-o', inFolder('long.jsonl'))).status, 0);
    const [times] = linesOf('long.times.jsonl').map(
      (line) => JSON.parse(line) as { elapsed: number; key: string },
    );
    assert.ok(
      times && times.elapsed > 1.5,
      `the job took ${times?.elapsed} s, which is no test of a lock of 1 s`,
    );
    const connection = server.connect();
    const started = await connection.hget(`${QUEUE_PREFIX}:${id}:${times.key}`, 'ats');
    connection.disconnect();
    assert.equal(started, '1');
  });

  test('a corrupt trace is one job that is set aside after three tries; the others are done', async () => {
    writeTrace(folder, 'corrupt.trace', 6, 50);
    appendFileSync(inFolder('corrupt.trace'), 'blocks.free 999\n');
    const spec = writeSpecification(
      folder,
      { traces: ['1.trace', 'corrupt.trace', '3.trace'] },
      'corrupt.json',
    );
    const id = await submit(redis, spec);
    const { status, stderr } = await run('work', id, '--redis', redis, ...cache);
    assert.equal(status, 0);
    assert.equal(
      stderr.match(/set aside: corrupt\.trace: simple.*: corrupt\.trace:52: there is no list 999$/gm)?.length,
      1,
    );
    const collected = await run('collect', id, '--redis', redis, '-o', inFolder('corrupt.jsonl'));
    assert.equal(collected.status, 1);
    assert.match(collected.stderr, /2 of 3 jobs done, 1 set aside/);
    const [failed] = linesOf('corrupt.failed.jsonl').map((line) => JSON.parse(line) as { key: string });
    const connection = server.connect();
    assert.equal(await connection.hget(`${QUEUE_PREFIX}:${id}:${failed?.key ?? ''}`, 'ats'), '3');
    connection.disconnect();
  });

  test('a job whose worker dies three times is set aside; submitting once more gives it three more tries', async () => {
    const sizes = Array.from({ length: 90 }, (_, index) => 40_960 + 4096 * index);
    const spec = writeSpecification(
      folder,
      { traces: ['long.trace'], sizes, stop: { atFirstFit: true } },
      'deadly.json',
    );
    const id = await submit(redis, spec);
    const connection = server.connect();
    const active = async () => connection.llen(`${QUEUE_PREFIX}:${id}:active`);
    for (let death = 0; death < 3; death++) {
      const worker = start(['work', id, '--redis', redis, '--lock', '1', '--threads', '1', ...cache]);
      // The job of the worker before, if there was one, has to be found stalled first.
      while (
        (await active()) === 0 ||
        Number(await connection.hget(`${QUEUE_PREFIX}:${id}:${await key()}`, 'ats')) <= death
      )
        await setTimeout(20);
      worker.kill('SIGKILL');
      await worker;
    }
    const { stderr } = await run('work', id, '--redis', redis, '--lock', '1', '--threads', '1', ...cache);
    assert.match(stderr, /set aside: long\.trace.*stalled more than allowable limit/);
    await submit(redis, spec);
    assert.match((await run('status', id, '--redis', redis)).stdout, new RegExp(`${id} +1 +0 +0 +1 +0 +0 `));
    await run('cancel', id, '--forget', '--redis', redis);
    connection.disconnect();

    async function key(): Promise<string> {
      return (await connection.lindex(`${QUEUE_PREFIX}:${id}:active`, 0)) ?? '';
    }
  });

  test('a worker refuses traces that are not what they should be, and a manifest that was changed', async () => {
    const spec = writeSpecification(folder, { traces: ['2.trace'], sizes: ['150%'] }, 'changed.json');
    const id = await submit(redis, spec);
    const connection = server.connect();
    const [trace = ''] = await connection
      .keys(`${PREFIX}:trace:*`)
      .then((keys) => keys.filter((key) => key.endsWith(hashOf('2.trace'))));
    await connection.set(trace, 'buddy.new 4096 4096\n');
    const { stderr } = await run('work', id, '--redis', redis, '--cache', inFolder('empty'));
    assert.match(stderr, /what the store holds is not the trace that was submitted/);
    assert.deepEqual(readdirSync(inFolder('empty')), []);
    await connection.set(
      `${PREFIX}:sweep:${id}`,
      (await connection.get(`${PREFIX}:sweep:${id}`))?.replace('150%', '151%') ?? '',
    );
    const changed = await run('work', id, '--redis', redis);
    assert.equal(changed.status, 2);
    assert.match(changed.stderr, /is not what its id says/);
    connection.disconnect();
  });

  test('a worker that has kept a file in place of a trace fetches it again', async () => {
    const spec = writeSpecification(folder, { traces: ['3.trace'], sizes: ['160%'] }, 'kept.json');
    mkdirSync(inFolder('kept'));
    const bytes = readFileSync(inFolder('3.trace'));
    writeFileSync(path.join(inFolder('kept'), hashOf('3.trace')), bytes.fill(35));
    const id = await submit(redis, spec);
    await run('work', id, '--redis', redis, '--cache', inFolder('kept'));
    assert.equal((await run('collect', id, '--redis', redis, '-o', inFolder('kept.jsonl'))).status, 0);
  });

  test('traces can lie in a folder or behind a URL, which the worker must have allowed', async () => {
    const files = new Map<string, Buffer>();
    const seen: (string | undefined)[] = [];
    const bucket = createServer((request, response) => {
      seen.push(request.headers.authorization);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method === 'PUT') files.set(request.url ?? '', Buffer.concat(chunks));
        const file = files.get(request.url ?? '');
        response.writeHead(file ? 200 : 404).end(request.method === 'GET' ? file : undefined);
      });
    }).listen(0, '127.0.0.1');
    await once(bucket, 'listening');
    after(() => bucket.close());
    const stores = [
      `http://127.0.0.1:${(bucket.address() as AddressInfo).port}/bucket`,
      `file://${inFolder('share')}`,
    ];
    for (const [index, store] of stores.entries()) {
      const spec = writeSpecification(folder, { traces: ['1.trace'], sizes: ['170%'], store }, 'stored.json');
      const env = { AWS_ACCESS_KEY_ID: 'name', AWS_SECRET_ACCESS_KEY: 'hidden' };
      const { stdout } = await start(['submit', spec, '--redis', redis], { env });
      const id = String(stdout).trim();
      const refused = await run('work', id, '--redis', redis);
      assert.equal(refused.status, 2);
      assert.ok(refused.stderr.includes(`allow that by --store ${store}`));
      const folderOfCache = ['--cache', inFolder(`cache-${index}`)];
      const worker = await start(['work', id, '--redis', redis, '--store', store, ...folderOfCache], { env });
      assert.equal(worker.exitCode, 0, String(worker.stderr));
      assert.equal(
        (await run('collect', id, '--redis', redis, '-o', inFolder(`stored-${index}.jsonl`))).status,
        0,
      );
    }
    assert.ok(
      seen.length >= 3 && seen.every((header) => header?.startsWith('AWS4-HMAC-SHA256 Credential=name/')),
    );
    assert.deepEqual(readdirSync(inFolder('share')), [hashOf('1.trace')]);
  });

  test('a worker without an id serves every sweep, until it is stopped', async () => {
    const ids: string[] = [];
    for (const size of ['180%', '190%'])
      ids.push(
        await submit(redis, writeSpecification(folder, { traces: ['1.trace'], sizes: [size] }, 'any.json')),
      );
    const worker = start(['work', '--redis', redis, ...cache]);
    for (const id of ids)
      assert.equal(
        (await run('collect', id, '--wait', '--redis', redis, '-o', inFolder(`${id}.jsonl`))).status,
        0,
      );
    worker.kill('SIGTERM');
    assert.equal((await worker).exitCode, 0);
  });

  test('a sweep is paused once too many jobs were set aside, and goes on when it is submitted again', async () => {
    const sizes = Array.from({ length: 30 }, (_, index) => 40_960 + 4096 * index);
    const spec = writeSpecification(
      folder,
      { traces: ['1.trace'], minBlockSizes: [1024], sizes, stop: { failedJobs: 2 } },
      'limited.json',
    );
    const id = await submit(redis, spec);
    await run('work', id, '--redis', redis, '--threads', '1', ...cache);
    const text = async () => (await run('status', id, '--redis', redis)).stdout;
    assert.match(await text(), / paused$/m);
    await submit(redis, spec);
    assert.doesNotMatch(await text(), / paused$/m);
    await run('cancel', id, '--forget', '--redis', redis);
  });
});

/** SHA-256 of a file, as sha256sum has it. */
function hashOf(name: string): string {
  return execFileSync('sha256sum', [inFolder(name)], { encoding: 'utf8' }).split(' ')[0] ?? '';
}

describe('secured', { skip: SKIP }, () => {
  test('a password is taken from the URL or the environment, and never written', async () => {
    const secured = inFolder('secured');
    mkdirSync(secured);
    await using server = await RedisServer.start(secured, ['--requirepass', 's3cret'], {
      password: 's3cret',
    });
    const withPassword = server.url.replace('unix://', 'unix://:s3cret@localhost');
    const spec = writeSpecification(folder, { traces: ['1.trace'] }, 'secured.json');
    const outputs: string[] = [];
    const attempt = async (env: NodeJS.ProcessEnv, ...args: string[]) => {
      const { exitCode, stdout, stderr } = await start(args, { env });
      outputs.push(String(stdout), String(stderr));
      return exitCode;
    };
    assert.equal(await attempt({}, 'submit', spec, '--redis', server.url), 2);
    assert.equal(await attempt({}, 'submit', spec, '--redis', withPassword.replace('s3cret', 's3cre')), 2);
    assert.equal(await attempt({}, 'submit', spec, '--redis', withPassword), 0);
    const id = outputs.at(-2)?.trim() ?? '';
    const env = { GPU_BUDDY_SWEEP_REDIS: server.url, GPU_BUDDY_SWEEP_REDIS_PASSWORD: 's3cret' };
    assert.equal(await attempt(env, 'work', id, '--cache', inFolder('cache-secured')), 0);
    assert.equal(await attempt(env, 'collect', id, '-o', inFolder('secured.jsonl')), 0);
    assert.match(outputs.join('\n'), /Redis at unix:.*: (NOAUTH|WRONGPASS)/);
    assert.doesNotMatch(outputs.join('\n') + readFileSync(inFolder('secured.times.jsonl'), 'utf8'), /s3cre/);
  });

  test("the README's user of Redis can do all that is needed, and sees no other key", async () => {
    const secured = inFolder('acl');
    mkdirSync(secured);
    await using server = await RedisServer.start(secured, ['--requirepass', 's3cret'], {
      password: 's3cret',
    });
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, rules = ''] = /^ACL SETUSER (.*)$/m.exec(readme) ?? [];
    const connection = server.connect();
    await connection.call('ACL', 'SETUSER', ...rules.replace('PASSWORD', 'other').split(' '));
    await connection.set('elsewhere', '1');
    const url = server.url.replace('unix://', 'unix://sweep:other@localhost');
    const spec = writeSpecification(folder, { traces: ['1.trace', '2.trace'] }, 'acl.json');
    const id = await submit(url, spec);
    const worker = await run('work', id, '--redis', url, '--cache', inFolder('cache-acl'));
    assert.deepEqual([worker.status, worker.stderr], [0, `gpu-buddy-sweep: serving sweep ${id}`]);
    assert.equal((await run('collect', id, '--redis', url, '-o', inFolder('acl.jsonl'))).status, 0);
    assert.match((await run('status', '--redis', url)).stdout, new RegExp(`${id} +2 +2 `));
    assert.equal((await run('cancel', id, '--forget', '--redis', url)).status, 0);
    assert.deepEqual(await connection.keys('*'), ['elsewhere']);
    const user = connection.duplicate({ username: 'sweep', password: 'other' });
    await assert.rejects(user.get('elsewhere'), /NOPERM/);
    await assert.rejects(user.flushall(), /NOPERM/);
    for (const one of [user, connection]) one.disconnect();
  });

  test('TLS: rediss:// with an authority and a certificate of its own is served, and without them refused', async () => {
    const secured = inFolder('tls');
    mkdirSync(secured);
    const at = (name: string) => path.join(secured, name);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: secured, stdio: 'pipe' });
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      '-days',
      '2',
      ...subject,
    );
    // The port is a free one: the system's choice, given back at once.
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    await new Promise((closed) => probe.close(closed));
    const files = [
      '--tls-cert-file',
      at('cert.pem'),
      '--tls-key-file',
      at('key.pem'),
      '--tls-ca-cert-file',
      at('cert.pem'),
    ];
    await using server = await RedisServer.start(secured, [
      '--tls-port',
      String(port),
      '--bind',
      '127.0.0.1',
      ...files,
    ]);
    assert.ok(server.url);
    const url = `rediss://localhost:${port}`;
    const certificates = [
      '--tls-ca',
      at('cert.pem'),
      '--tls-cert',
      at('cert.pem'),
      '--tls-key',
      at('key.pem'),
    ];
    const refused = await run('status', '--redis', url);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /self-signed certificate/);
    const { status, stderr } = await run('status', '--redis', url, ...certificates);
    assert.equal(status, 0, stderr);
    rmSync(secured, { recursive: true });
  });
});

test('a Redis that is not there is an error that names it, without its password', async () => {
  const { status, stderr } = await run('status', '--redis', 'redis://me:s3cret@127.0.0.1:1/0');
  assert.equal(status, 2);
  assert.match(stderr, /^gpu-buddy-sweep: Redis at redis:\/\/127\.0\.0\.1:1\/0: connect ECONNREFUSED/);
  assert.doesNotMatch(stderr, /s3cret/);
});
