/** The names of the scenarios. */
import { allocatorScenarios } from './allocator.mjs';
import { batchScenarios } from './batches.mjs';
import { collectorScenarios } from './collector.mjs';
import { listScenarios } from './lists.mjs';
import { traceScenarios } from './traces.mjs';

export const scenarios = [
  ...allocatorScenarios,
  ...listScenarios,
  ...batchScenarios,
  ...collectorScenarios,
  ...traceScenarios,
];
