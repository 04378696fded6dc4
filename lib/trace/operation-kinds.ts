/** Tests of the kinds of operations. */
import type { TraceOperation } from './operation';

/** Gives a test whether an operation is of one of these kinds. */
export function isOneOf<K extends TraceOperation['kind']>(...kinds: readonly K[]) {
  const names: ReadonlySet<string> = new Set(kinds);
  return (operation: TraceOperation): operation is Extract<TraceOperation, { kind: K }> =>
    names.has(operation.kind);
}
