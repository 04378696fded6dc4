/** The names of the scenarios. */
import { accountScenarios } from './accounts.mjs';
import { allocatorScenarios } from './allocator.mjs';
import { batchScenarios } from './batches.mjs';
import { collectorScenarios } from './collector.mjs';
import { eventScenarios } from './events.mjs';
import { journalScenarios } from './journals.mjs';
import { listScenarios } from './lists.mjs';
import { poolScenarios } from './pools.mjs';
import { queueScenarios } from './queues.mjs';
import { traceScenarios } from './traces.mjs';

export const scenarios = [
  ...allocatorScenarios,
  ...accountScenarios,
  ...journalScenarios,
  ...listScenarios,
  ...batchScenarios,
  ...poolScenarios,
  ...collectorScenarios,
  ...queueScenarios,
  ...traceScenarios,
  ...eventScenarios,
];
