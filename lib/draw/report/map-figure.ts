/** The figure that the script of a report fills with a map: lib/draw/page/map-view.ts. */
import type { Analysis } from '../analysis';

export function mapHtml(id: string, effects: string, allocator: number, { peak, end }: Analysis): string {
  const buttons = [
    ['start', 'Start'],
    ['previous', 'Previous failure'],
    ['next', 'Next failure'],
    ['peak', 'Peak'],
    ['end', 'End'],
  ].map(([part = '', name = '']) => `<button type="button" data-part="${part}" disabled>${name}</button>`);
  return [
    `<figure class="map" data-effects="${effects}" data-allocator="${allocator}" data-peak="${Math.max(peak, 0)}" data-end="${Math.max(end, 0)}">`,
    `<div class="controls"><label for="${id}-slider">Moment</label><input id="${id}-slider" data-part="slider" type="range" min="0" max="0" value="0" disabled></div>`,
    `<div class="controls">${buttons.join('')}<label for="${id}-colors">Colours</label><select id="${id}-colors" data-part="colors"><option value="label">by label</option><option value="size">by size</option></select></div>`,
    `<p class="numbers" data-part="numbers" aria-live="polite">The map needs JavaScript, and a moment to open.</p>`,
    `<canvas data-part="canvas" role="img" aria-label="Map of the space; the table of blocks below has the same"></canvas>`,
    '<ul class="legend" data-part="legend"></ul>',
    '<p class="numbers" data-part="found" aria-live="polite">Click the map to see what lies there.</p>',
    '<details data-part="details"><summary>Blocks at this moment as a table</summary><p data-part="more"></p>',
    `<div class="scroll" role="group" aria-label="Blocks at this moment" tabindex="0"><table><caption>Blocks at this moment</caption><thead><tr>`,
    ...['Address', 'Size', 'Order', 'List', 'Line', 'Label'].map((name) => `<th scope="col">${name}</th>`),
    '</tr></thead><tbody data-part="blocks"></tbody></table></div></details>',
    '</figure>',
  ].join('');
}
