/** The keys of the page, and what each does. They count where the map, the slider or the table has the focus. */
import { element, make } from './elements';

export interface KeyActions {
  readonly togglePlay: () => void;
  readonly step: (isBack: boolean) => void;
  readonly failure: (isBack: boolean) => void;
  readonly shiftSpeed: (by: number) => void;
  readonly zoom: (factor: number) => void;
  readonly whole: () => void;
  /** Move the map by a share of what it shows. */
  readonly move: (share: number) => void;
  /** Select the block before or behind. */
  readonly neighbour: (isBack: boolean) => void;
  readonly edge: (isEnd: boolean) => void;
  readonly nextColouring: () => void;
}

interface Key {
  readonly names: readonly string[];
  /** Only where a map has the focus: elsewhere the key means something else. */
  readonly isOfMap?: boolean;
  readonly does: string;
  readonly act: (actions: KeyActions) => void;
}

const KEYS: readonly Key[] = [
  { names: ['Space'], isOfMap: true, does: 'Play or pause', act: (a) => a.togglePlay() },
  { names: [','], does: 'One step back', act: (a) => a.step(true) },
  { names: ['.'], does: 'One step forward', act: (a) => a.step(false) },
  { names: ['f'], does: 'Next failure', act: (a) => a.failure(false) },
  { names: ['F'], does: 'Failure before', act: (a) => a.failure(true) },
  { names: ['['], does: 'Slower', act: (a) => a.shiftSpeed(-1) },
  { names: [']'], does: 'Faster', act: (a) => a.shiftSpeed(1) },
  { names: ['c'], does: 'Next way to colour', act: (a) => a.nextColouring() },
  { names: ['+', '='], does: 'Zoom in', act: (a) => a.zoom(0.5) },
  { names: ['-'], does: 'Zoom out', act: (a) => a.zoom(2) },
  { names: ['0'], does: 'The whole space', act: (a) => a.whole() },
  { names: ['ArrowLeft'], isOfMap: true, does: 'Select the block before', act: (a) => a.neighbour(true) },
  { names: ['ArrowRight'], isOfMap: true, does: 'Select the block behind', act: (a) => a.neighbour(false) },
  { names: ['Home'], isOfMap: true, does: 'Select the first block', act: (a) => a.edge(false) },
  { names: ['End'], isOfMap: true, does: 'Select the last block', act: (a) => a.edge(true) },
  { names: ['ArrowUp'], isOfMap: true, does: 'Move the map up', act: (a) => a.move(-0.25) },
  { names: ['ArrowDown'], isOfMap: true, does: 'Move the map down', act: (a) => a.move(0.25) },
  { names: ['PageUp'], isOfMap: true, does: 'Move the map up by all it shows', act: (a) => a.move(-1) },
  { names: ['PageDown'], isOfMap: true, does: 'Move the map down by all it shows', act: (a) => a.move(1) },
  { names: ['?'], does: 'Show these keys', act: showKeys },
];

/** Listens to the keys of the page. */
export function listenToKeys(actions: KeyActions): void {
  const list = element('keys-list', HTMLElement);
  for (const { names, does } of KEYS)
    list.append(
      make('dt', {}, ...names.flatMap((name, index) => [...(index > 0 ? [' '] : []), make('kbd', {}, name)])),
      make('dd', {}, does),
    );
  element('help', HTMLButtonElement).addEventListener('click', showKeys);
  document.addEventListener('keydown', (event) => {
    const { target, key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || !(target instanceof HTMLElement)) return;
    const isMap = target instanceof HTMLCanvasElement;
    if (!isMap && target.id !== 'slider' && target.role !== 'grid') return;
    const name = key === ' ' ? 'Space' : key;
    const found = KEYS.find(({ names, isOfMap }) => names.includes(name) && (isMap || !isOfMap));
    if (!found) return;
    event.preventDefault();
    found.act(actions);
  });
}

function showKeys(): void {
  element('keys', HTMLDialogElement).showModal();
}
