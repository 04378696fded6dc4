import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { QUEUE_PREFIX } from '../src/redis/keys.js';
import { temporaryFolder, writeSpecification } from './support/folder.js';
import { run, start } from './support/program.js';
import { RedisServer, SKIP } from './support/redis-server.js';
import { writeTrace } from './support/traces.js';

/** Jobs; a multiple of 100. */
const JOBS = 10_000;

const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);

test(
  `${JOBS} jobs over 4 workers, of which two are killed, and a Redis that is killed: all are done once, as on one machine`,
  { skip: SKIP },
  async (context) => {
    const traces = [1, 2, 3, 4, 5].map((seed) => writeTrace(folder, `${seed}.trace`, seed, 60));
    const spec = writeSpecification(folder, {
      traces,
      sizes: ['100%', '105%', '110%', '125%'],
      modes: ['simple', 'top-down', 'range', 'contiguous', 'contiguous-top-down'],
      shuffles: { seeds: Array.from({ length: JOBS / 100 }, (_, seed) => seed) },
    });
    assert.equal((await run('run', spec, '-o', inFolder('here.jsonl'))).status, 0);

    await using server = await RedisServer.start(folder);
    const id = (await run('submit', spec, '--redis', server.url)).stdout;
    const workers = [1, 2, 3, 4].map((number) => {
      const cache = inFolder(`cache-${number}`);
      return start(['work', id, '--redis', server.url, '--threads', '1', '--lock', '2', '--cache', cache]);
    });
    const connection = server.connect();
    const done = () => connection.zcard(`${QUEUE_PREFIX}:${id}:completed`);
    while ((await done()) < 0.2 * JOBS) await setTimeout(20);
    for (const worker of workers.slice(0, 2)) worker.kill('SIGKILL');
    while ((await done()) < 0.5 * JOBS) await setTimeout(20);
    await server.killAndRestart(1000);
    assert.ok((await done()) < JOBS, 'Redis was killed too late to test anything');

    const statuses = (await Promise.all(workers)).map(({ exitCode }) => exitCode);
    assert.deepEqual(statuses, [undefined, undefined, 0, 0]);
    connection.disconnect();
    const { status, stderr } = await run('collect', id, '--redis', server.url, '-o', inFolder('there.jsonl'));
    assert.equal(status, 0, stderr);
    assert.deepEqual(readFileSync(inFolder('there.jsonl')), readFileSync(inFolder('here.jsonl')));

    const keys = readFileSync(inFolder('there.jsonl'), 'utf8').match(/"key":"[0-9a-f]{24}"/g) ?? [];
    assert.equal(keys.length, JOBS);
    assert.equal(new Set(keys).size, JOBS);
    const again = connection.duplicate();
    const starts = await Promise.all(
      keys.map((key) => again.hget(`${QUEUE_PREFIX}:${id}:${key.slice(7, -1)}`, 'ats')),
    );
    again.disconnect();
    context.diagnostic(`${starts.filter((count) => count !== '1').length} jobs were begun more than once`);
  },
);
