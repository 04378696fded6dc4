import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { randomAdapters, randomRequests, readRequests } from '../arrivals.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-kv-cache-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {string} text @param {number} [speed] */
function read(text, speed) {
  const file = path.join(folder, 'requests.csv');
  writeFileSync(file, text);
  return readRequests(file, speed);
}

const HEAD = 'TIMESTAMP,ContextTokens,GeneratedTokens';

describe('random arrivals', () => {
  const options = { seed: 1, rate: 10, seconds: 1000 };

  test('come in order, as often as they should, and the same for the same seed', () => {
    const requests = randomRequests(options);
    assert.deepEqual(randomRequests(options), requests);
    assert.notDeepEqual(randomRequests({ ...options, seed: 2 }), requests);
    // 10,000 of them: a Poisson process has a deviation of 100.
    assert.ok(Math.abs(requests.length - 10_000) < 500, `${requests.length}`);
    assert.ok(
      requests.every(({ time }, i) => time >= (requests[i - 1]?.time ?? 0) && time < options.seconds),
    );
    assert.ok(requests.every(({ context, generated }) => context > 0 && generated > 0));
  });

  test('of adapters are 8 to 80 pages, and stay for 30 seconds on average', () => {
    const adapters = randomAdapters(options);
    const pages = adapters.map(({ size }) => size / 2 ** 21);
    assert.deepEqual([Math.min(...pages), Math.max(...pages)], [8, 80]);
    const stay = adapters.reduce((sum, { seconds }) => sum + seconds, 0) / adapters.length;
    assert.ok(Math.abs(stay - 30) < 1.5, `${stay}`);
  });
});

describe('requests of a file', () => {
  for (const [what, text, times] of /** @type {const} */ ([
    ['CRLF', `${HEAD}\r\n2023-11-16 18:17:03.5,1,2\r\n2023-11-16 18:17:04.75,3,4\r\n`, [0, 1.25]],
    ['a byte order mark and no last newline', `\ufeff${HEAD}\n2023-11-16 18:17:03,1,2`, [0]],
    [
      'a zone on some lines, and none, which is UTC',
      `${HEAD}\n2023-11-16 18:17:03,1,2\n2023-11-16T19:17:04+01:00,1,2\n`,
      [0, 1],
    ],
    ['lines out of order', `${HEAD}\n2023-11-16 18:17:05,1,2\n2023-11-16 18:17:03,1,2\n`, [0, 2]],
    ['other columns, too', `Id,${HEAD}\n7,2023-11-16 18:17:05,1,2\n`, [0]],
    [
      'seven decimals of a second',
      `${HEAD}\n2023-11-16 18:17:03.0000000,1,2\n2023-11-16 18:17:03.2500000,1,2\n`,
      [0, 0.25],
    ],
    ['no requests', `${HEAD}\n`, []],
  ])) {
    test(`are read with ${what}`, () => {
      assert.deepEqual(
        read(text).map(({ time }) => time),
        times,
      );
    });
  }

  test('have their tokens, and come as fast as told', () => {
    assert.deepEqual(read(`${HEAD}\n2023-11-16 18:17:03,100,2\n2023-11-16 18:17:13,30,0\n`, 4), [
      { time: 0, context: 100, generated: 2 },
      { time: 2.5, context: 30, generated: 1 },
    ]);
  });

  for (const [what, text, message] of /** @type {const} */ ([
    ['a time that is none', `${HEAD}\nnoon,1,2\n`, /requests\.csv:2: TIMESTAMP is "noon"$/],
    ['half a token', `${HEAD}\n2023-11-16 18:17:03,1,2.5\n`, /:2: GeneratedTokens is "2.5"$/],
    ['fewer than no tokens', `${HEAD}\n2023-11-16 18:17:03,-1,2\n`, /:2: ContextTokens is "-1"$/],
    [
      'a column that is missing',
      `TIMESTAMP,ContextTokens\n2023-11-16 18:17:03,1\n`,
      /:2: GeneratedTokens is missing$/,
    ],
    ['a line that is too short', `${HEAD}\n2023-11-16 18:17:03,1\n`, /line 2/],
  ])) {
    test(`with ${what} are refused`, () => {
      assert.throws(() => read(text), { message });
    });
  }

  const azure = fileURLToPath(
    new URL('../../../../shared/data/AzureLLMInferenceTrace_code.csv', import.meta.url),
  );
  test("of Azure's trace are all read", { skip: existsSync(azure) ? false : 'the trace is not here' }, () => {
    const requests = readRequests(azure);
    assert.equal(requests.length, 8819);
    assert.deepEqual(
      { ...requests[1], time: Math.round(requests[1].time * 1000) },
      { time: 52, context: 3180, generated: 8 },
    );
  });
});
