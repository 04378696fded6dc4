/**
 * `npm run load [-- SECONDS]`: 64 clients lease and release as fast as they can, by autocannon, while the memory of the service is
 * watched. What it prints about speed is of this machine, and of what else runs on it.
 */
import { rmSync } from 'node:fs';
import process from 'node:process';
import autocannon from 'autocannon';
import type { Lease } from '../src/schemas.ts';
import { configure, residentSize, startProcess } from './process.ts';
import { clientsFor, GiB, leasesOf, temporaryFolder, tokens } from './support.ts';

const CONNECTIONS = 64;
/** How much more memory than after the first third is called growth: V8 collects when it likes. */
const SLACK = 1.25;

const seconds = Number(process.argv[2] ?? 60);
const folder = temporaryFolder();
configure(folder, { size: 16 * GiB });
const service = await startProcess(folder);

const residentSizes: number[] = [];
const sampler = setInterval(() => residentSizes.push(residentSize(service)), (seconds * 1000) / 12);
const headers = { authorization: `Bearer ${tokens.red}`, 'content-type': 'application/json' };
const result = await autocannon({
  url: service.url,
  connections: CONNECTIONS,
  duration: seconds,
  requests: [
    {
      method: 'POST',
      path: '/leases',
      headers,
      body: JSON.stringify({ size: 1_048_576, ttl: 60_000 }),
      onResponse: (_status, body, context) => {
        Object.assign(context, { id: (JSON.parse(body) as Lease).id });
      },
    },
    {
      method: 'DELETE',
      setupRequest: (request, context) => ({
        ...request,
        path: `/leases/${(context as { id: number }).id}`,
        headers: { authorization: headers.authorization },
        body: '',
      }),
    },
  ],
});
clearInterval(sampler);

const { operator } = clientsFor(service.url);
const left = (await leasesOf(operator)).length;
await service.end('SIGTERM');
rmSync(folder, { recursive: true });

const { requests, latency, errors, timeouts, non2xx } = result;
const [early, late] = [residentSizes[3] ?? 0, residentSizes.at(-1) ?? 0];
console.log(
  `${CONNECTIONS} connections, ${seconds} s: ${requests.total} requests, ${requests.average} a second`,
);
console.log(
  `p50 ${latency.p50} ms, p99 ${latency.p99} ms; ${errors} errors, ${timeouts} timeouts, ${non2xx} refusals`,
);
console.log(
  `Resident memory: ${residentSizes.map((size) => Math.round(size / 2 ** 20)).join(', ')} MiB; ${left} leases left`,
);
const isGood = errors + timeouts + non2xx === 0 && left <= CONNECTIONS && late <= early * SLACK;
process.exitCode = isGood ? 0 : 1;
