/** Formats the output of `gpu-buddy fit`: sentences, or JSON. */
import type { Fit, TriedSize, Workload } from '../trace';
import { requestText } from './compare-text';
import { bytesText, countText, pluralText } from '../trace/number-text';

/** The result for one trace. */
export interface NamedFit {
  readonly name: string;
  /** The release of Linux whose allocator was asked, where one was named. */
  readonly kernel?: string | undefined;
  readonly workload: Workload;
  readonly fit: Fit;
}

/** Sizes that are listed; of more, the first and the last ones. */
const SHOWN = 12;

export function workloadText(name: string, { length, recorded }: Workload): string {
  const { size, peak, reserved } = recorded;
  const known = [
    peak === undefined ? '' : `${bytesText(peak)} given out at most`,
    reserved === undefined ? '' : `${bytesText(reserved)} reserved at most`,
    size === undefined ? '' : `a space of ${bytesText(size)}`,
  ].filter(Boolean);
  const own = known.length > 0 ? `; its own allocator had ${known.join(', ')}` : '';
  return `${name}: ${pluralText(length, 'request')}${own}\n`;
}

export function fitText({ name, kernel, fit, workload }: NamedFit): string {
  const { policy, size, lowerBound, lowerBoundLine, smallest, step, tried } = fit;
  const min = policy.minBlockSize === undefined ? '' : ` ${bytesText(policy.minBlockSize)}`;
  const below = tried.filter((one) => one.size < size);
  const lines = [
    `${name} ${policy.mode}${min}${kernel === undefined ? '' : ` on Linux ${kernel}`}: fits in ${exactText(size)}${comparedText(size, workload)}`,
    size === lowerBound
      ? `as much is in use at line ${countText(lowerBoundLine)}: nothing smaller fits`
      : `at least ${exactText(lowerBound)} are needed: in use at line ${countText(lowerBoundLine)}`,
    ...whyNotBelow(below.at(-1)),
    ...triedText(
      'tried below it, does not fit',
      below.filter(({ failure }) => failure),
    ),
    ...triedText(
      'larger, does not fit',
      tried.filter((one) => one.size > size && one.failure),
    ),
  ];
  if (smallest === 'exhaustive')
    lines.push(`smallest of all sizes from there on, ${exactText(step)} apart: all were tried`);
  else if (smallest === undefined) lines.push('a smaller size between these may fit: --exhaustive tries all');
  return lines.map((line, index) => `${index === 0 ? '' : '  '}${line}\n`).join('');
}

/** Compares a size with what the recorded allocator had: what it reserved, or else its space. */
function comparedText(size: number, { recorded }: Workload): string {
  const { reserved, size: space } = recorded;
  const before = reserved ?? space;
  if (before === undefined) return '';
  const what = reserved === undefined ? 'the recorded space' : 'was reserved';
  if (size === before) return `, as ${reserved === undefined ? 'large' : 'much'} as ${what}`;
  const share = `${((100 * Math.abs(before - size)) / before).toFixed(1)} %`;
  return `, ${share} ${size < before ? 'less' : 'more'} than ${what}`;
}

function whyNotBelow(tried: TriedSize | undefined): string[] {
  return tried?.failure ? [`in ${exactText(tried.size)} not: ${requestText(tried.failure)}`] : [];
}

function triedText(what: string, tried: readonly TriedSize[]): string[] {
  if (tried.length === 0) return [];
  const sizes = tried.map(({ size }) => bytesText(size));
  const shown =
    sizes.length <= SHOWN ? sizes : [...sizes.slice(0, SHOWN / 2), '…', ...sizes.slice(-SHOWN / 2)];
  return [`${what} (${pluralText(sizes.length, 'size')}): ${shown.join(', ')}`];
}

/** `1,048,576 bytes (1 MiB)` */
function exactText(bytes: number): string {
  return `${pluralText(bytes, 'byte')} (${bytesText(bytes)})`;
}

/** The same for programs. */
export function fitRecord({ name, kernel, fit: { policy, smallest, ...found }, workload }: NamedFit): object {
  const {
    size: recordedSize = null,
    peak: recordedPeak = null,
    reserved: recordedReserved = null,
  } = workload.recorded;
  return {
    ...(kernel === undefined ? {} : { kernel }),
    trace: name,
    mode: policy.mode,
    chunkSize: policy.chunkSize,
    minBlockSize: policy.minBlockSize ?? null,
    ...found,
    smallest: smallest ?? null,
    recordedSize,
    recordedPeak,
    recordedReserved,
  };
}
