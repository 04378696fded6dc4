/** Checks options objects, and refuses misspelt options. */
import { invalidArgType, unknownOption } from './errors';

/** Names of the options that a method knows. */
export type Names<Options> = Readonly<Record<keyof Options, boolean>>;

/**
 * Checks that options are an object or `undefined`, and that it has no other options than these.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` if an option is unknown
 */
export function toOptions<Options extends object>(
  argument: string,
  value: Options | undefined,
  names: Names<Options>,
): Partial<Options> {
  const given: unknown = value;
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null) throw invalidArgType(argument, 'of type object', given);
  refuseUnknown(argument, given, names);
  return given;
}

/**
 * Refuses options that nobody knows. For the calls that are made most: as long as there are no more names than `found`, which of
 * the known options were given, none of them is looked at.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_VALUE`
 */
export function refuseMoreThan<Options extends object>(
  found: number,
  argument: string,
  given: Options,
  names: Names<Options>,
): void {
  let count = 0;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- they are counted
  for (const name in given) count++;
  if (count > found) refuseUnknown(argument, given, names);
}

function refuseUnknown<Options extends object>(argument: string, given: object, names: Names<Options>): void {
  // Inherited ones too: they are read as well.
  for (const name in given)
    if (!names[name as keyof Options]) throw unknownOption(argument, name, nearest(name, Object.keys(names)));
}

/** Gives the most similar of some names, if any is similar at all. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((known) => ({ known, edits: editsBetween(name.toLowerCase(), known.toLowerCase()) }))
    .filter(({ known, edits }) => edits <= known.length / 3)
    .sort((a, b) => a.edits - b.edits);
  return best?.known;
}

/** Counts the characters that must be added, removed or replaced (Levenshtein distance). */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, character] of Array.from(from).entries()) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column++)
      next.push(
        Math.min(
          (row[column] ?? 0) + (character === to[column] ? 0 : 1),
          (row[column + 1] ?? 0) + 1,
          (next[column] ?? 0) + 1,
        ),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
