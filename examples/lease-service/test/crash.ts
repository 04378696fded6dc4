/**
 * `npm run crash [-- KILLS]`: loads the service, kills it with SIGKILL at some moment, starts it again, and compares its leases with
 * what the clients were told. Clients that were told nothing ask again, with the same Idempotency-Key.
 */
import process from 'node:process';
import { rmSync } from 'node:fs';
import type { Lease } from '../src/schemas.ts';
import { configure, startProcess } from './process.ts';
import { clientsFor, leasesOf, MiB, temporaryFolder, type Answer } from './support.ts';

const CLIENTS = 32;
/** Milliseconds of load before a kill, at most. */
const LONGEST_LOAD = 1500;
const HOUR = 3_600_000;

type Clients = ReturnType<typeof clientsFor>;
type Tenant = 'red' | 'blue';

/** A request for a lease, which is sent until it is answered. */
interface Order {
  readonly tenant: Tenant;
  readonly key: string;
  readonly wish: { readonly size: number; readonly ttl: number; readonly clear: boolean };
}

/** A lease as its client knows it. */
interface Known {
  readonly lease: Lease;
  readonly tenant: Tenant;
  /** The latest end that was told, and whether a later one was asked for in vain. */
  expiresAt: string;
  isRenewing: boolean;
}

/** Answers that the clients got, and requests that were never answered. */
class Ledger {
  readonly held = new Map<number, Known>();
  readonly released = new Set<number>();
  readonly openOrders = new Set<Order>();
  readonly openReleases = new Set<Known>();
  #orders = 0;

  async order(clients: Clients, order = this.#newOrder()): Promise<void> {
    this.openOrders.add(order);
    const { tenant, key, wish } = order;
    const answer = await clients[tenant]('POST', '/leases', wish, { headers: { 'idempotency-key': key } });
    this.openOrders.delete(order);
    if (answer.status === 507) return;
    const lease = leaseOf(answer, 201);
    this.held.set(lease.id, { lease, tenant, expiresAt: lease.expiresAt, isRenewing: false });
  }

  async release(clients: Clients, known: Known): Promise<void> {
    const { id } = known.lease;
    this.held.delete(id);
    this.openReleases.add(known);
    const query = known.tenant === 'red' ? '?cleared=true' : '';
    const { status } = await clients[known.tenant]('DELETE', `/leases/${id}${query}`);
    if (status !== 204 && status !== 404) throw new Error(`DELETE was answered ${status}`);
    this.openReleases.delete(known);
    this.released.add(id);
  }

  async renew(clients: Clients, known: Known): Promise<void> {
    known.isRenewing = true;
    const answer = await clients[known.tenant]('PATCH', `/leases/${known.lease.id}`, { ttl: 2 * HOUR });
    // Somebody else may release it meanwhile.
    if (answer.status !== 404) known.expiresAt = leaseOf(answer, 200).expiresAt;
    known.isRenewing = false;
  }

  #newOrder(): Order {
    const size = 65_536 * (1 + Math.floor(Math.random() * 24));
    const wish = { size, ttl: HOUR, clear: Math.random() < 0.5 };
    return { tenant: Math.random() < 0.5 ? 'red' : 'blue', key: `order-${this.#orders++}`, wish };
  }
}

function leaseOf({ status, body }: Answer, expected: number): Lease {
  if (status !== expected)
    throw new Error(`${expected} was expected, not ${status}: ${JSON.stringify(body)}`);
  return body as Lease;
}

/** The result of one round. */
export interface Findings {
  lost: number;
  resurrected: number;
  changed: number;
  overlaps: number;
}

/** Asks for this and that until the service is gone. */
async function load(clients: Clients, ledger: Ledger): Promise<void> {
  for (;;) {
    const known = [...ledger.held.values()];
    const one = known[Math.floor(Math.random() * known.length)];
    const dice = Math.random();
    try {
      if (!one || dice < 0.5) await ledger.order(clients);
      else if (dice < 0.9) await ledger.release(clients, one);
      else if (!one.isRenewing) await ledger.renew(clients, one);
    } catch (error) {
      // The connection ends with the service; anything else is a fault.
      if (!(error instanceof TypeError)) throw error;
      return;
    }
  }
}

/** Asks again for what has had no answer, then compares. */
async function check(clients: Clients, ledger: Ledger): Promise<Findings> {
  const found: Findings = { lost: 0, resurrected: 0, changed: 0, overlaps: 0 };
  const before = new Map((await leasesOf(clients.operator)).map((lease) => [lease.id, lease]));
  for (const { lease, tenant, expiresAt, isRenewing } of ledger.held.values()) {
    const now = before.get(lease.id);
    if (!now) found.lost++;
    else if (
      !isSame(now, lease, tenant) ||
      (isRenewing ? now.expiresAt < expiresAt : now.expiresAt !== expiresAt)
    )
      found.changed++;
  }
  for (const known of ledger.held.values()) {
    known.expiresAt = before.get(known.lease.id)?.expiresAt ?? known.expiresAt;
    known.isRenewing = false;
  }
  for (const known of [...ledger.openReleases]) await ledger.release(clients, known);
  for (const order of [...ledger.openOrders]) await ledger.order(clients, order);

  const after = await leasesOf(clients.operator);
  // By now every lease that is there was told to somebody.
  found.resurrected = after.filter(({ id }) => ledger.released.has(id) || !ledger.held.has(id)).length;
  found.lost += [...ledger.held.keys()].filter((id) => !after.some((lease) => lease.id === id)).length;
  const blocks = after.flatMap((lease) => lease.blocks).toSorted((a, b) => a.offset - b.offset);
  found.overlaps = blocks.filter(({ offset }, index) => {
    const previous = blocks[index - 1];
    return previous && previous.offset + previous.size > offset;
  }).length;
  return found;
}

function isSame(now: Lease, then: Lease, tenant: Tenant): boolean {
  return now.tenant === tenant && JSON.stringify(now.blocks) === JSON.stringify(then.blocks);
}

/** Kills the service so often, and adds up what was wrong. */
export async function crash(kills: number, report: (text: string) => void): Promise<Findings> {
  const folder = temporaryFolder();
  configure(folder, {
    size: 64 * MiB,
    red: { mayClear: true, limit: 48 * MiB },
    blue: { reserved: 8 * MiB },
  });
  const ledger = new Ledger();
  const sum: Findings = { lost: 0, resurrected: 0, changed: 0, overlaps: 0 };
  for (let round = 0; round <= kills; round++) {
    const service = await startProcess(folder);
    const clients = clientsFor(service.url);
    const found = await check(clients, ledger);
    for (const name of ['lost', 'resurrected', 'changed', 'overlaps'] as const) sum[name] += found[name];
    if (round === kills) {
      await service.end('SIGTERM');
      break;
    }
    const loads = Array.from({ length: CLIENTS }, () => load(clients, ledger));
    const killed = new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LOAD)).then(() =>
      service.end('SIGKILL'),
    );
    await Promise.all([...loads, killed]);
    report(
      `kill ${round + 1}: ${ledger.held.size} leases held, ${ledger.released.size} released so far; without an answer: ` +
        `${ledger.openOrders.size} orders, ${ledger.openReleases.size} releases`,
    );
  }
  rmSync(folder, { recursive: true });
  report(
    `${kills} kills: ${sum.lost} lost, ${sum.resurrected} resurrected, ${sum.changed} changed, ${sum.overlaps} overlaps`,
  );
  return sum;
}

if (import.meta.main) {
  const { lost, resurrected, changed, overlaps } = await crash(Number(process.argv[2] ?? 50), console.log);
  process.exitCode = lost + resurrected + changed + overlaps === 0 ? 0 : 1;
}
