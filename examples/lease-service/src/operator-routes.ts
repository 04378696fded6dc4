/** Pages about the service itself: for everybody whether it runs, and what it can do; for the operator what it holds. */
import { drawMap } from 'gpu-buddy/draw';
import type { App } from './app.ts';
import type { Leases } from './leases.ts';
import type { Memory } from './memory.ts';
import { createMetrics } from './metrics.ts';
import { unavailable } from './problem.ts';
import * as schemas from './schemas.ts';
import type { Store } from './store.ts';

interface Parts {
  readonly memory: Memory;
  readonly store: Store;
  readonly leases: Leases;
}

const security = [{ bearer: [] }];

export function addOperatorRoutes(app: App, { memory, store, leases }: Parts): void {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Tells whether the service works',
        response: { 200: schemas.Health, '5xx': schemas.ProblemBody },
      },
    },
    () => {
      if (store.hasFailed) throw unavailable();
      return { status: 'ok' as const };
    },
  );

  app.get(
    '/openapi.json',
    { config: { access: 'public' }, schema: { summary: 'Describes the service' } },
    () => app.swagger(),
  );

  app.get(
    '/map',
    { config: { access: 'operator' }, schema: { summary: 'Draws the memory (SVG)', security } },
    (_request, reply) => reply.type('image/svg+xml').send(drawMap(memory.buddy, { title: 'Leased memory' })),
  );

  const metrics = createMetrics(memory, store, leases);
  app.addHook('onClose', () => metrics.close());
  app.get(
    '/metrics',
    { config: { access: 'operator' }, schema: { summary: 'Measures the service, for Prometheus', security } },
    async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metrics.scrape()),
  );
}
