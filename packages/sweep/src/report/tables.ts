/** Formats results as tables: policies over all traces, the best policy of each trace, and the smallest size for all traces. */
import type { Row } from '../replay/row.js';
import { byteText } from '../plan/byte-size.js';
import { bestByTrace, smallestForAll } from './best.js';
import { fits, meanOf, policiesOf, sizeText } from './policies.js';
import { tableText } from './table-text.js';

export function tablesText(rows: readonly Row[]): string {
  const policies = policiesOf(rows);
  const traces = new Set(rows.map(({ trace }) => trace)).size;
  const overAll = policies.flatMap(({ name, sizes }) =>
    sizes.map(({ asked, rows: ofSize }) => {
      const passed = ofSize.filter(fits).length;
      const failures = ofSize.reduce((sum, row) => sum + row.failures, 0);
      return [
        name,
        sizeText(asked),
        ofSize.length,
        passed,
        failures,
        shareText(meanOf(ofSize, 'runFragmentation')),
      ];
    }),
  );
  const best = bestByTrace(rows).map(({ trace, policy, size, failures, fragmentation }) => {
    return [trace, policy, size === undefined ? 'none' : byteText(size), failures, shareText(fragmentation)];
  });
  const smallest = policies.map((policy) => [
    policy.name,
    sizeText(smallestForAll(policy, traces) ?? 'none'),
  ]);
  return [
    'Policies, over all traces and seeds:',
    tableText(['policy', 'size', 'jobs', 'fit', 'failures', 'fragmented'], overAll),
    'Best policy of each trace:',
    tableText(['trace', 'policy', 'smallest size', 'failures', 'fragmented'], best),
    'Smallest size of the sweep in which all traces fit:',
    tableText(['policy', 'size'], smallest),
  ].join('\n');
}

function shareText(share: number | undefined): string {
  return share === undefined ? '' : `${(100 * share).toFixed(1)} %`;
}
