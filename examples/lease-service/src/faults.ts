/** Says what is wrong with a value that a schema does not allow. */

/** The part of an error of TypeBox's that is told. */
interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
}

/** Tells of the first fault: `body/size must be integer`. */
export function describeFault(what: string, [fault]: readonly Fault[]): string {
  // A name that is not allowed has the schema `false`.
  const why = fault?.keyword === 'boolean' ? 'is unknown' : fault?.message;
  return `${what}${fault?.instancePath ?? ''} ${why ?? 'is not valid'}`;
}
