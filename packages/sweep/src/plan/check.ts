/** Checks data that comes from outside (a file, Redis) against a schema. */
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { SweepError, type SweepErrorCode } from '../sweep-error.js';

/** Makes a check: it gives the data, typed, or throws a SweepError that names the part that is wrong. */
export function checkerOf<T extends TSchema>(schema: T, code: SweepErrorCode) {
  const validator = Compile(schema);
  return (data: unknown, name: string): Static<T> => {
    if (validator.Check(data)) return data;
    throw new SweepError(code, `${name}: ${problemOf(validator.Errors(data))}`);
  };
}

interface Problem {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** Describes the deepest problem: with alternatives, that is the one that was nearly met. */
function problemOf(problems: readonly Problem[]): string {
  const depth = ({ instancePath }: Problem) => instancePath.split('/').length;
  const [first] = problems
    .filter(({ keyword }) => keyword !== 'boolean')
    .sort((one, other) => depth(other) - depth(one));
  if (!first) return 'is not as the schema says';
  const place = first.instancePath === '' ? '' : `${first.instancePath.slice(1)} `;
  const { additionalProperties, allowedValues } = first.params as {
    readonly additionalProperties?: readonly string[];
    readonly allowedValues?: readonly unknown[];
  };
  if (additionalProperties) return `${place}has an unknown name: ${additionalProperties.join(', ')}`;
  if (allowedValues) return `${place}must be one of ${allowedValues.join(', ')}`;
  return `${place}${first.message}`;
}
