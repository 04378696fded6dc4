/** Lists what `gpu-buddy compare` is to compare: each trace under each policy. */
import type { PolicyOptions, Workload } from '../trace';
import type { CompareOptions } from './compare-options';
import { droppedText } from './dropped-text';
import { openWorkload } from './open-workload';
import type { Terminal } from './terminal';
import { traceName } from './trace-name';
import { UsageError } from './usage-error';

/** A trace and a policy. */
export interface Subject {
  readonly name: string;
  readonly workload: Workload;
  readonly policy: PolicyOptions;
}

/** The text of a progress bar. */
export function titleOf({ name, policy }: Subject): string {
  return `${name} ${policy.mode ?? ''}`;
}

/**
 * Gives them in the order of the table.
 *
 * @throws UsageError, TraceError, CommandError
 */
export async function* subjectsOf(options: CompareOptions, terminal: Terminal): AsyncGenerator<Subject> {
  for (const path of options.traces) {
    const name = traceName(path);
    const workload = await openWorkload(path, options, terminal);
    terminal.stderr.write(droppedText(name, workload.dropped));
    if (options.sizes.includes(undefined) && workload.recorded.size === undefined)
      throw new UsageError(`${path} does not tell the size of its space: say it by --size`);
    for (const policy of policiesOf(options)) yield { name, workload, policy };
  }
}

function policiesOf({ modes, minBlockSizes, sizes, chunkSize }: CompareOptions): PolicyOptions[] {
  return sizes.flatMap((size) =>
    minBlockSizes.flatMap((minBlockSize) => modes.map((mode) => ({ mode, size, chunkSize, minBlockSize }))),
  );
}
