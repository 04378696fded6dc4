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
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, or RangeError `ERR_OUT_OF_RANGE`, where it is no `TraceOperation`
 */
export function formatOperation(operation: TraceOperation): string {
  const checked = toOperation(operation);
  if (checked.kind === 'comment') return checked.text;
  const form = formNamed(checked.kind);
  const values = checked as unknown as Readonly<Record<string, unknown>>;
  let line: string = checked.kind;
  for (const { property, kind } of form?.fields ?? []) line += ` ${kind.write(values[property] as never)}`;
  for (const option of form?.options.values() ?? []) line += optionText(option, values[option.property]);
  return 'answer' in checked && checked.answer !== undefined ? `${line} => ${checked.answer}` : line;
}

function optionText({ name, kind }: Field, value: unknown): string {
  if (value === undefined || (kind === FLAG && value === false)) return '';
  return kind === FLAG ? ` ${name}` : ` ${name}=${kind.write(value as never)}`;
}
