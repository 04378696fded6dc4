/** Checks the options of an import. */
import { toBytes, toFlag, toInteger } from '../../arguments';
import { invalidArgType } from '../../errors';
import type { Bytes } from '../../native';
import { toOptions, type Names } from '../../options';
import { toText } from '../place';
import { FORMATS } from './formats';
import type { ImportFormat } from './import-report';

/** How to import a recording. */
export interface ImportOptions {
  /** Format of the recording. Default: detected by its first bytes. */
  readonly format?: ImportFormat | undefined;
  /** Bytes of the space. Default: unknown; a replay must say it then. */
  readonly size?: Bytes | undefined;
  /** Device whose records are imported, if there are several. Default: the first one. */
  readonly device?: number | undefined;
  /** Labels allocations by the frame of the program that made them, if it is recorded. Default: false. */
  readonly frames?: boolean | undefined;
  /** Prefix that is cut off file names in labels. */
  readonly stripPrefix?: string | undefined;
  /** Throws at the first record that contradicts the others, or is unknown, instead of counting it. Default: false. */
  readonly strict?: boolean | undefined;
  /** Name of a recording that is no file, for errors and the report. Default: `<input>`. */
  readonly name?: string | undefined;
  /** Called now and then with the bytes read, and the bytes in all. */
  readonly onProgress?: ((done: number, whole: number) => void) | undefined;
}

const NAMES: Names<ImportOptions> = {
  format: true,
  size: true,
  device: true,
  frames: true,
  stripPrefix: true,
  strict: true,
  name: true,
  onProgress: true,
};

/** Checked options. */
export interface CheckedImportOptions {
  readonly format: ImportFormat | undefined;
  readonly size: Bytes | undefined;
  readonly device: number | undefined;
  readonly frames: boolean;
  readonly stripPrefix: string;
  readonly strict: boolean;
  readonly name: string;
  readonly onProgress: ImportOptions['onProgress'];
}

/** @throws TypeError, RangeError */
export function toImportOptions(given: ImportOptions | undefined): CheckedImportOptions {
  const { format, size, device, frames, stripPrefix, strict, name, onProgress } = toOptions(
    'options',
    given,
    NAMES,
  );
  const orNothing = <T>(value: unknown, to: (value: unknown) => T) =>
    value === undefined ? undefined : to(value);
  return {
    format: orNothing(format, toFormat),
    size: orNothing(size, (value) => toBytes('options.size', value)),
    device: orNothing(device, (value) => toInteger('options.device', value)),
    frames: toFlag('options.frames', frames),
    stripPrefix: toText('options.stripPrefix', stripPrefix ?? ''),
    strict: toFlag('options.strict', strict),
    name: toText('options.name', name ?? '<input>'),
    onProgress: orNothing(onProgress, toFunction),
  };
}

function toFormat(value: unknown): ImportFormat {
  const format = FORMATS.find(({ name }) => name === value);
  if (!format)
    throw invalidArgType(
      'options.format',
      `one of ${FORMATS.map(({ name }) => `'${name}'`).join(', ')}`,
      value,
    );
  return format.name;
}

function toFunction(value: unknown): NonNullable<ImportOptions['onProgress']> {
  if (typeof value !== 'function') throw invalidArgType('options.onProgress', 'of type function', value);
  return value as NonNullable<ImportOptions['onProgress']>;
}
