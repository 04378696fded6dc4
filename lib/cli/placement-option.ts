/** Modes on a command line. */
import { PLACEMENTS, type Placement } from '../trace/policy/placements';
import { UsageError } from './usage-error';

/** Several modes, with commas between them. @throws UsageError */
export function toPlacements(text: string): Placement[] {
  return text.split(',').map((part) => {
    const placement = PLACEMENTS.find((name) => name === part.trim());
    if (!placement) throw new UsageError(`--mode takes ${PLACEMENTS.join(', ')}, not "${part}"`);
    return placement;
  });
}
