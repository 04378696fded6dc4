/**
 * `npm run fuzz [-- COUNT [SEED]]`: sends malformed requests, made from what is valid by fast-check. The service must answer each as a
 * fault of the client, and have no less memory afterwards.
 */
import { rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import process from 'node:process';
import fc from 'fast-check';
import { configure, residentSize, startProcess } from './process.ts';
import { clientsFor, leasesOf, MiB, temporaryFolder, tokens } from './support.ts';

const SENDERS = 16;

/** A request that Node's client can send; or text, to be sent as it is. */
interface Malformed {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const oddNumber = fc.oneof(
  fc.constantFrom(0, -1, 1, 65_536, 65_535, MiB, 1.5, 2 ** 31, 2 ** 53, 2 ** 53 - 1, 2 ** 64, 1e308, -0),
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
);
const oddValue = fc.oneof(
  oddNumber,
  fc.boolean(),
  fc.string(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Mostly valid values; a body has several, and is refused for one. */
const mostly = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: oddValue });
/** Left out, mostly: `undefined` is not in JSON. */
const seldom = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: mostly(good) });
const wish = fc.record({
  size: mostly(fc.constantFrom(65_536, 131_072, MiB, 16 * MiB)),
  ttl: mostly(fc.integer({ min: 1, max: 2000 })),
  alignment: seldom(fc.constantFrom(1, 2, 3, MiB)),
  contiguous: seldom(fc.boolean()),
  visible: seldom(fc.boolean()),
  clear: seldom(fc.boolean()),
  wait: seldom(fc.integer({ min: 0, max: 5 })),
  contigous: seldom(fc.constant(undefined)),
});
const json = fc
  .oneof(wish, fc.record({ ttl: oddValue }), fc.jsonValue())
  .map((value) => JSON.stringify(value));
const body = fc.oneof(
  { weight: 6, arbitrary: json },
  // Cut off, or not JSON at all.
  { weight: 1, arbitrary: fc.tuple(json, fc.nat(40)).map(([text, length]) => text.slice(0, length)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.nat(6000).map((length) => `{"size":"${'x'.repeat(length)}"}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '{"__proto__":{"size":1}}',
      '{"constructor":{"prototype":1}}',
      '[]',
      'null',
      '',
    ),
  },
);
const segment = fc.oneof(
  fc.nat(300).map(String),
  oddNumber.map(String),
  fc.string().map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom('%', '%00', '%zz', '..', '%2e%2e', '%2f', '__proto__', 'a'.repeat(300)),
);
const path = fc.oneof(
  fc.constantFrom(
    '/leases',
    '/leases',
    '/leases',
    '/map',
    '/metrics',
    '/openapi.json',
    '/',
    '//leases',
    '/leases/',
  ),
  segment.map((text) => `/leases/${text}`),
  fc.tuple(segment, segment).map(([name, value]) => `/leases?${name}=${value}`),
  fc.tuple(fc.constantFrom('after', 'limit'), segment).map(([name, value]) => `/leases?${name}=${value}`),
  fc.tuple(segment, segment).map(([id, value]) => `/leases/${id}?cleared=${value}`),
);
const headerText = fc.string({
  unit: fc.constantFrom(...Array.from('abc 019-._~"\\;=\u00e9\t')),
  maxLength: 300,
});
const headers = fc.record(
  {
    authorization: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(`Bearer ${tokens.red}`, `Bearer ${tokens.blue}`) },
      { weight: 1, arbitrary: headerText },
    ),
    'content-type': fc.oneof(
      { weight: 8, arbitrary: fc.constant('application/json') },
      {
        weight: 1,
        arbitrary: fc.constantFrom('text/plain', 'application/xml', 'application/json; charset=utf-16'),
      },
      { weight: 1, arbitrary: headerText },
    ),
    'idempotency-key': headerText,
    accept: headerText,
    cookie: headerText,
  },
  { requiredKeys: ['content-type'] },
);
const method = fc.constantFrom(
  'POST',
  'POST',
  'POST',
  'GET',
  'PATCH',
  'DELETE',
  'PUT',
  'HEAD',
  'OPTIONS',
  'TRACE',
);
const valid: fc.Arbitrary<Malformed> = fc.oneof(
  fc.record({ method, path, headers, body }),
  fc.record({ method: fc.constant('POST'), path: fc.constant('/leases'), headers, body }),
);

/** Text in which a few bytes are others. */
const raw = fc
  .tuple(valid, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 8 }))
  .map(([{ method: verb, path: target, headers: fields, body: content }, changes]) => {
    const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = `content-length: ${Buffer.byteLength(content)}\r\n`;
    const bytes = Buffer.from(
      `${verb} ${target} HTTP/1.1\r\nhost: x\r\n${head.join('')}${length}\r\n${content}`,
      'latin1',
    );
    for (const [place, byte] of changes) if (place < bytes.length) bytes[place] = byte;
    return bytes;
  });

const sample = fc.oneof({ weight: 19, arbitrary: valid }, { weight: 1, arbitrary: raw });

/** Counts of the service's answers, by status. */
export interface FuzzReport {
  readonly statuses: ReadonlyMap<number, number>;
  readonly isAlive: boolean;
  /** Bytes that the tenants hold, by the metrics, less those of the leases that are there. */
  readonly leaked: number;
  /** Bytes of the process in memory, at each quarter. */
  readonly residentSizes: readonly number[];
}

/** Sends so many requests, the same for the same seed, but for their order. */
export async function fuzz(count: number, seed: number): Promise<FuzzReport> {
  const folder = temporaryFolder();
  configure(folder, { size: 16 * MiB, visibleSize: MiB, limits: { maxRate: 2 ** 31 - 1 } });
  const service = await startProcess(folder);
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const statuses = new Map<number, number>();
  const requests = fc.sample(sample, { numRuns: count, seed }).values();
  const residentSizes: number[] = [];
  let sent = 0;
  const send = async (): Promise<void> => {
    for (const each of requests) {
      if (++sent % (count / 4) === 0) residentSizes.push(residentSize(service));
      const status =
        each instanceof Uint8Array
          ? await sendBytes(service.url, each)
          : await sendRequest(service.url, agent, each);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
  agent.destroy();

  const { operator } = clientsFor(service.url);
  const isAlive = service.child.exitCode === null && (await operator('GET', '/healthz')).status === 200;
  for (const { id } of await leasesOf(operator)) await operator('DELETE', `/leases/${id}`);
  const { body: metrics } = await operator('GET', '/metrics');
  const usages = String(metrics).matchAll(/^lease_service_usage\S* (\d+)$/gm);
  const leaked = Array.from(usages, ([, bytes]) => Number(bytes)).reduce((sum, bytes) => sum + bytes, 0);
  await service.end('SIGTERM');
  rmSync(folder, { recursive: true });
  return { statuses, isAlive, leaked, residentSizes };
}

/** Answers the status; 0 where Node's own client refuses to send that, or the connection ends. */
function sendRequest(
  url: string,
  agent: Agent,
  { method: verb, path: target, headers: fields, body: content }: Malformed,
): Promise<number> {
  return new Promise((resolve) => {
    try {
      // Else Node sends the body of a GET without saying that there is one.
      const framed = { ...fields, 'content-length': Buffer.byteLength(content) };
      const sent = request(
        new URL(url),
        { agent, method: verb, path: target, headers: framed },
        (response) => {
          response.resume().on('end', () => {
            resolve(response.statusCode ?? 0);
          });
        },
      );
      sent.on('error', () => {
        resolve(0);
      });
      sent.end(content);
    } catch {
      resolve(0);
    }
  });
}

/** Answers the first status; 0 where the connection ends without one. */
async function sendBytes(url: string, bytes: Uint8Array): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).end(bytes);
  let text = '';
  try {
    for await (const chunk of socket) text += String(chunk);
  } catch {
    // A connection that the service resets.
  }
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

if (import.meta.main) {
  const [count = 100_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
  const { statuses, isAlive, leaked, residentSizes } = await fuzz(count, seed);
  const table = [...statuses].toSorted(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
  console.log(`${count} requests, seed ${seed}: ${table.join(', ')}`);
  console.log(
    `${isAlive ? 'alive' : 'dead'}, ${leaked} bytes leaked; in memory: ${residentSizes.map((size) => Math.round(size / MiB)).join(', ')} MiB`,
  );
  process.exitCode = isAlive && leaked === 0 && !statuses.has(500) ? 0 : 1;
}
