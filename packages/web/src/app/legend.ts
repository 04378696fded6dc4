/** Says what the colours of the map mean. */
import type { Asked, Colouring } from '../messages';
import { make } from './elements';
import { bytesText } from './text';

/** Colours of viridis and of clear memory; the worker paints by the same. */
const SCALES: Partial<Record<Colouring, readonly [low: string, high: string]>> = {
  age: ['oldest', 'newest'],
  size: ['smallest', 'largest'],
};

const TEXTS: Partial<Record<Colouring, string>> = {
  allocation: 'Blocks of one allocation have one colour.',
};

/** @param kinds the labels or accounts, where the colours are theirs */
export function legendOf(colouring: Colouring, kinds: Asked['legend']['answer'] | undefined): Node[] {
  const scale = SCALES[colouring];
  if (scale) return [scale[0], make('span', { class: 'scale' }), scale[1]].map(toNode);
  if (colouring === 'clear') return [...entry('clear'), ...entry('dirty')];
  if (!kinds) return [toNode(TEXTS[colouring] ?? '')];
  const entries = kinds.entries.flatMap(({ text, colour, bytes }) => {
    const chip = make('span', { class: 'chip' });
    chip.style.background = colour;
    return [make('span', { class: 'kind' }, chip, `${text} (${bytesText(bytes)})`)];
  });
  return kinds.others > 0 ? [...entries, toNode(`others (${bytesText(kinds.others)})`)] : entries;
}

function entry(name: 'clear' | 'dirty'): Node[] {
  return [make('span', { class: 'kind' }, make('span', { class: `chip ${name}` }), name)];
}

function toNode(part: Node | string): Node {
  return typeof part === 'string' ? document.createTextNode(part) : part;
}
