/** Keeps what is shown in the fragment of the address, so that a link leads to it. */
import { COLOURINGS, type ClockUnit, type Colouring, type Extent } from '../messages';

/** Content of a link; the rest is as it is. */
export interface LinkedView {
  readonly line?: number;
  /** Nanoseconds. */
  readonly time?: number;
  readonly extent?: Extent;
  readonly colouring?: Colouring;
  /** Offset of the selected place, and the index of its source. */
  readonly selected?: number;
  readonly source?: number;
}

export function readFragment(fragment: string): LinkedView {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const line = toNumber(values.get('line'));
  const time = toNumber(values.get('time'));
  const start = toNumber(values.get('from'));
  const length = toNumber(values.get('bytes'));
  const colouring = COLOURINGS.find((name) => name === values.get('colour'));
  const selected = toNumber(values.get('at'));
  const source = toNumber(values.get('map'));
  return {
    ...(line === undefined ? {} : { line }),
    ...(time === undefined ? {} : { time }),
    ...(start === undefined || !length ? {} : { extent: { start, length } }),
    ...(colouring === undefined ? {} : { colouring }),
    ...(selected === undefined ? {} : { selected }),
    ...(source === undefined ? {} : { source }),
  };
}

export function fragmentOf(
  unit: ClockUnit,
  value: number,
  { extent, colouring, selected, source }: LinkedView,
): string {
  const values = new URLSearchParams();
  values.set(unit, String(Math.round(value)));
  if (extent) {
    values.set('from', hex(extent.start));
    values.set('bytes', hex(extent.length));
  }
  if (colouring !== undefined) values.set('colour', colouring);
  if (selected !== undefined) values.set('at', hex(selected));
  if (source) values.set('map', String(source));
  return `#${values.toString()}`;
}

function hex(value: number): string {
  return `0x${Math.round(value).toString(16)}`;
}

/** A safe number from 0 on, in decimal or hexadecimal digits. */
function toNumber(text: string | null): number | undefined {
  if (text === null || !/^(0x[0-9a-f]{1,14}|\d{1,19})$/i.test(text)) return undefined;
  return Number(text);
}
