/** Says what of a recording a workload does not keep. */
import type { DroppedParts } from '../trace';
import { pluralText } from '../trace/number-text';

/** Lines for standard error; empty where all is kept. */
export function droppedText(name: string, dropped: DroppedParts): string {
  const { addresses, ranges, accounts, refused, afterGap } = dropped;
  const parts = [
    addresses > 0 ? `the addresses of ${pluralText(addresses, 'block')} of a state` : '',
    ranges > 0 ? `the ranges of ${pluralText(ranges, 'allocation')}` : '',
    accounts > 0 ? `the accounts of ${pluralText(accounts, 'allocation')}` : '',
    refused > 0 ? pluralText(refused, 'call that failed', 'calls that failed') : '',
    afterGap > 0 ? `${pluralText(afterGap, 'operation')} after a gap` : '',
  ].filter(Boolean);
  return parts.length > 0 ? `gpu-buddy: ${name}: left out: ${parts.join(', ')}\n` : '';
}
