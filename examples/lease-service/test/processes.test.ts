/** Tests the service as a process of its own; `npm run crash`, `flush` and `fuzz` do the same for longer. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { crash } from './crash.ts';
import { traceFlushes } from './flush.ts';
import { fuzz } from './fuzz.ts';
import { configure, startProcess } from './process.ts';
import { breakDeletes, clientsFor, lease, leasesOf, MiB, temporaryFolder } from './support.ts';

test('loses no lease, and brings none back, when it is killed', async () => {
  assert.deepEqual(await crash(3, () => undefined), { lost: 0, resurrected: 0, changed: 0, overlaps: 0 });
});

const strace = spawnSync('strace', ['-V']).error ? 'needs strace: apt-get install strace' : false;

test('flushes each change before it is answered', { skip: strace }, async () => {
  assert.deepEqual(await traceFlushes(5), { answers: 15, early: 0 });
});

test('answers malformed requests as faults of the client', async () => {
  const { statuses, isAlive, leaked } = await fuzz(2000, 1);
  assert.deepEqual([isAlive, leaked, statuses.get(500)], [true, 0, undefined]);
  for (const status of [201, 400, 401, 404, 413, 415])
    assert.ok((statuses.get(status) ?? 0) > 0, String(status));
});

test('stops at SIGTERM with exit code 0, and has its leases the next time', async (context) => {
  const folder = temporaryFolder(context);
  configure(folder, {});
  const first = await startProcess(folder);
  const mine = await lease(clientsFor(first.url).red, MiB);
  await first.end('SIGTERM');
  assert.equal(first.child.exitCode, 0);
  const second = await startProcess(folder);
  assert.deepEqual(await leasesOf(clientsFor(second.url).red), [mine]);
  await second.end('SIGINT');
  assert.equal(second.child.exitCode, 0);
});

test('ends with exit code 1 once it is unknown what is on disk', async (context) => {
  const folder = temporaryFolder(context);
  configure(folder, {});
  const first = await startProcess(folder);
  const { id } = await lease(clientsFor(first.url).red, MiB);
  await first.end('SIGTERM');
  breakDeletes(folder);
  const second = await startProcess(folder);
  const ended = once(second.child, 'exit');
  assert.equal((await clientsFor(second.url).red('DELETE', `/leases/${id}`)).status, 503);
  assert.deepEqual(await ended, [1, null]);
});
