/** The service as a whole: its parts in the order in which they start, and stop. */
import { join } from 'node:path';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { addLeaseRoutes } from './lease-routes.ts';
import { Leases } from './leases.ts';
import { Memory } from './memory.ts';
import { addInspectRoutes } from './inspect-routes.ts';
import { addOperatorRoutes } from './operator-routes.ts';
import { Store } from './store.ts';

export interface Service {
  readonly url: string;
  /** Answers what is under way, flushes, and gives the file back. */
  close(): Promise<void>;
}

/** Milliseconds between two looks at what may be forgotten. */
const SWEEP = 60_000;

/**
 * Starts the service on the leases of a data folder.
 *
 * @param onFailure is told once that the service must be started again
 */
export async function startService(
  config: Config,
  folder: string,
  onFailure: (error: unknown) => void,
): Promise<Service> {
  const store = new Store(join(folder, 'leases.sqlite'), config.limits.maxFile, onFailure);
  try {
    return await serve(config, store);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function serve(config: Config, store: Store): Promise<Service> {
  const memory = new Memory(config);
  const leases = new Leases(memory, store, config.limits);
  const app = await createApp(config);
  addLeaseRoutes(app, { config, memory, store, leases });
  addOperatorRoutes(app, { memory, store, leases });
  addInspectRoutes(app, memory, config.page);
  const url = await app.listen({ host: config.host, port: config.port });
  // Answers that can't be forgotten now are, a minute later.
  const sweep = setInterval(() => void store.forgetAnswers(Date.now()).catch(() => undefined), SWEEP);
  return {
    url,
    async close() {
      clearInterval(sweep);
      memory.endWaits();
      // Ends the connections that are being answered, which would be kept alive otherwise.
      const idle = setInterval(() => {
        app.server.closeIdleConnections();
      }, 20);
      await app.close();
      clearInterval(idle);
      leases.close();
      memory.close();
      store.close();
    },
  };
}
