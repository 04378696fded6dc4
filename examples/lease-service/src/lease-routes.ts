/** /leases: tenants make, look at, renew and release what is theirs. */
import { hash } from 'node:crypto';
import { hangUpSignal, type App } from './app.ts';
import { OPERATOR, type Config } from './config.ts';
import type { Leases } from './leases.ts';
import type { Memory } from './memory.ts';
import { notFound, Problem } from './problem.ts';
import * as schemas from './schemas.ts';
import type { LeaseRow, Store } from './store.ts';

interface Parts {
  readonly config: Config;
  readonly memory: Memory;
  readonly store: Store;
  readonly leases: Leases;
}

const security = [{ bearer: [] }];
const problems = { '4xx': schemas.ProblemBody, '5xx': schemas.ProblemBody };

export function addLeaseRoutes(app: App, { config, memory, store, leases }: Parts): void {
  const { limits } = config;
  const { wish, renewal } = schemas.bodiesFor(limits);
  const clearers = new Set(config.tenants.filter(({ mayClear }) => mayClear).map(({ name }) => name));
  /** Requests with an Idempotency-Key that have no answer yet. */
  const unanswered = new Set<string>();

  const toLease = ({ id, tenant, places, expires }: LeaseRow, who: string): schemas.Lease => ({
    id,
    ...(who === OPERATOR && { tenant }),
    size: places.reduce((sum, [, size]) => sum + size, 0),
    visibleSize: memory.visibleSize(places),
    blocks: places.map(([offset, size, isClear]) => ({ offset, size, isClear })),
    expiresAt: new Date(expires).toISOString(),
  });

  /** Other tenants' leases are unknown, as are those that never were. */
  const find = (id: number, who: string): LeaseRow => {
    const lease = store.get(id);
    if (!lease || (who !== OPERATOR && lease.tenant !== who)) throw notFound();
    return lease;
  };

  app.post(
    '/leases',
    {
      config: { access: 'tenant' },
      schema: {
        summary: 'Leases memory',
        description:
          'With an Idempotency-Key, a repeated request gets the first answer again, and no second lease.',
        security,
        headers: schemas.IdempotencyHeaders,
        body: wish,
        response: { 201: schemas.Lease, ...problems },
      },
    },
    async ({ who, body, headers }, reply) => {
      const { ttl, ...asked } = body;
      const key = headers['idempotency-key'];
      const create = (toKnown?: Parameters<Leases['create']>[4]) =>
        leases.create(who, asked, ttl, hangUpSignal(reply), toKnown);
      reply.code(201);
      if (key === undefined) return toLease(await create(), who);

      const fingerprint = hash('sha256', JSON.stringify(body));
      const known = store.recall(who, key, Date.now());
      if (known && known.fingerprint !== fingerprint)
        throw new Problem(422, 'ERR_KEY_REUSED', 'The Idempotency-Key was used for another request');
      if (known) {
        reply.header('idempotent-replayed', 'true');
        return JSON.parse(known.answer) as schemas.Lease;
      }
      const name = `${who} ${key}`;
      if (unanswered.has(name))
        throw new Problem(409, 'ERR_KEY_IN_USE', 'The first such request is not answered yet');
      unanswered.add(name);
      try {
        const expires = Date.now() + limits.keyLife;
        const toKnown = (lease: LeaseRow) => ({
          tenant: who,
          key,
          fingerprint,
          answer: JSON.stringify(toLease(lease, who)),
          expires,
        });
        return toLease(await create(toKnown), who);
      } finally {
        unanswered.delete(name);
      }
    },
  );

  app.get(
    '/leases',
    {
      schema: {
        summary: 'Lists your leases; to the operator, all',
        security,
        querystring: schemas.PageQuery,
        response: { 200: schemas.LeasePage, ...problems },
      },
    },
    ({ who, query: { after, limit } }) => {
      const rows = store.list(who === OPERATOR ? undefined : who, after, limit);
      const last = rows.at(limit - 1);
      return { leases: rows.map((row) => toLease(row, who)), ...(last && { next: last.id }) };
    },
  );

  app.get(
    '/leases/:id',
    {
      schema: {
        summary: 'Tells of a lease',
        security,
        params: schemas.LeaseId,
        response: { 200: schemas.Lease, ...problems },
      },
    },
    ({ who, params: { id } }) => toLease(find(id, who), who),
  );

  app.patch(
    '/leases/:id',
    {
      schema: {
        summary: 'Renews a lease: it ends `ttl` milliseconds from now',
        security,
        params: schemas.LeaseId,
        body: renewal,
        response: { 200: schemas.Lease, ...problems },
      },
    },
    async ({ who, params: { id }, body: { ttl } }) => {
      find(id, who);
      return toLease(await leases.renew(id, ttl), who);
    },
  );

  app.delete(
    '/leases/:id',
    {
      schema: {
        summary: 'Releases a lease',
        security,
        params: schemas.LeaseId,
        querystring: schemas.ReleaseQuery,
        response: { 204: { type: 'null', description: 'It is released' }, ...problems },
      },
    },
    async ({ who, params: { id }, query: { cleared } }, reply) => {
      find(id, who);
      if (cleared && !clearers.has(who))
        throw new Problem(403, 'ERR_MAY_NOT_CLEAR', 'Your word is not taken that memory is zero');
      await leases.release(id, cleared);
      return reply.code(204).send(null);
    },
  );
}
