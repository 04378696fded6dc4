/** From an operation to its line. */
import { toOperation } from './check';
import type { TraceOperation } from './operation';
import { formNamed, type Field } from './operation-forms';
import { flag } from './field-kinds';

/** Takes no value. */
const FLAG: unknown = flag;

/**
 * Gives the line of an operation, without a line feed: what `parseOperation()` makes the same operation of.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, or RangeError `ERR_OUT_OF_RANGE`, if it is no `TraceOperation`
 */
export function formatOperation(operation: TraceOperation): string {
  return lineOf(toOperation(operation));
}

/** The same for an operation that is known to be good, its options in the order of its properties. */
export function lineOf(operation: TraceOperation): string {
  if (operation.kind === 'comment') return operation.text;
  const form = formNamed(operation.kind);
  const values = operation as unknown as Readonly<Record<string, unknown>>;
  let line: string = operation.kind;
  for (const { property, kind } of form?.fields ?? []) line += ` ${kind.write(values[property] as never)}`;
  for (const property in values) {
    const option = form?.options.get(property);
    if (option) line += optionText(option, values[property]);
  }
  return 'answer' in operation && operation.answer !== undefined ? `${line} => ${operation.answer}` : line;
}

function optionText({ name, kind }: Field, value: unknown): string {
  if (value === undefined || (kind === FLAG && value === false)) return '';
  return kind === FLAG ? ` ${name}` : ` ${name}=${kind.write(value as never)}`;
}
