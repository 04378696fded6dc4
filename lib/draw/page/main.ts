/** The script of a report: reads its effects, and brings its maps to life. */
import type { EffectsTable } from '../../trace/effects/effects-table';
import { readEffects } from './effects';
import { MapView } from './map-view';

async function start(): Promise<void> {
  const tables = new Map<string, EffectsTable>();
  for (const figure of document.querySelectorAll<HTMLElement>('figure.map')) {
    const name = figure.dataset['effects'] ?? '';
    const table = tables.get(name) ?? (await readEffects(document.getElementById(name)?.textContent ?? ''));
    tables.set(name, table);
    new MapView(figure, table);
    figure.dataset['ready'] = '';
  }
}

start().catch((error: unknown) => {
  for (const numbers of document.querySelectorAll('figure.map:not([data-ready]) [data-part="numbers"]'))
    numbers.textContent = `The map can't be shown: ${error instanceof Error ? error.message : String(error)}`;
});
