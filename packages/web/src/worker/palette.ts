/** Gives blocks their colours: Okabe and Ito's for kinds, viridis for quantities. A colour is a number, as a canvas keeps it: ABGR. */
import type { Colouring } from '../messages';
import type { EffectsTable } from '../../../../lib/trace/effects/effects-table';

/** Points of viridis, from low to high; the others lie between. */
const VIRIDIS = [
  '#440154', '#482878', '#3e4989', '#31688e', '#26828e', '#1f9e89', '#35b779', '#6ece58', '#b5de2b', '#fde725',
]; // prettier-ignore

const OKABE_ITO = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7'];

/** Steps of a scale. */
const STEPS = 256;

/** Blocks without a label, or without an account. */
const PLAIN = toColour('#8a94a6');

/** `#rrggbb` as a colour. */
export function toColour(text: string): number {
  const rgb = Number.parseInt(text.slice(1), 16);
  return (0xff000000 | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >>> 16)) >>> 0;
}

/** A colour as `#rrggbb`. */
export function colourText(colour: number): string {
  const rgb = ((colour & 0xff) << 16) | (colour & 0xff00) | ((colour >>> 16) & 0xff);
  return `#${rgb.toString(16).padStart(6, '0')}`;
}

/** A colour between two: `share` of the second one, 0 to 1. */
export function mix(first: number, second: number, share: number): number {
  let mixed = 0xff000000;
  for (let shift = 0; shift < 24; shift += 8) {
    const from = (first >>> shift) & 0xff;
    mixed |= Math.round(from + (((second >>> shift) & 0xff) - from) * share) << shift;
  }
  return mixed >>> 0;
}

const scale = Uint32Array.from({ length: STEPS }, (_, step) => {
  const at = (step / (STEPS - 1)) * (VIRIDIS.length - 1);
  const low = Math.min(Math.floor(at), VIRIDIS.length - 2);
  return mix(toColour(VIRIDIS[low] ?? ''), toColour(VIRIDIS[low + 1] ?? ''), at - low);
});

/** Shades of each colour, so that many kinds differ from one another. */
const SHADES = [0, 0.25, -0.25, 0.45];

const kinds = Uint32Array.from({ length: OKABE_ITO.length * SHADES.length }, (_, index) => {
  const colour = toColour(OKABE_ITO[index % OKABE_ITO.length] ?? '');
  const shade = SHADES[Math.floor(index / OKABE_ITO.length)] ?? 0;
  return mix(colour, shade < 0 ? 0xff000000 : 0xffffffff, Math.abs(shade));
});

const CLEAR = toColour('#56b4e9');
const DIRTY = toColour('#d55e00');

/** The colour of a part of a scale, 0 to 1. */
function scaled(part: number): number {
  return scale[Math.max(0, Math.min(STEPS - 1, Math.round(part * (STEPS - 1))))] ?? PLAIN;
}

/** The colour of a kind; neighbours in number differ. 0 is none. */
export function kindColour(kind: number): number {
  return kind === 0 ? PLAIN : (kinds[(kind - 1) % kinds.length] ?? PLAIN);
}

/** Gives the colour of a row of blocks when so many steps are done. Orders are shared out up to the largest one of the space. */
export function colourer(
  { blocks, lists }: EffectsTable,
  colouring: Colouring,
  steps: number,
  largestOrder: number,
): (row: number) => number {
  const { placed, order, clear, list } = blocks.columns;
  const { label, account } = lists.columns;
  switch (colouring) {
    case 'allocation':
      return (row) => kindColour((list[row] ?? 0) + 1);
    case 'age': {
      const whole = Math.log2(1 + Math.max(1, steps));
      return (row) => scaled(1 - Math.log2(1 + steps - (placed[row] ?? 0)) / whole);
    }
    case 'size':
      return (row) => scaled((order[row] ?? 0) / Math.max(1, largestOrder));
    case 'label':
      return (row) => kindColour(label[list[row] ?? 0] ?? 0);
    case 'account':
      return (row) => kindColour(account[list[row] ?? 0] ?? 0);
    case 'clear':
      return (row) => (clear[row] === 1 ? CLEAR : DIRTY);
  }
}
