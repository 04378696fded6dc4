/** Writes a report on traces as one page that needs nothing beside it: no network, no server. */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { VERSION } from '../../addon/protocol';
import { invalidArgType } from '../../errors';
import { toOptions, type Names } from '../../options';
import { ordersPicture } from '../draw-orders';
import { timelinePicture } from '../draw-timeline';
import { reportScript } from '../report-script';
import { svgOf } from '../svg';
import { escaped } from '../text';
import { partsOf, type HistoryParts, type TraceHistory } from '../trace-history';
import { chartHtml, detailsHtml } from './html';
import { mapHtml } from './map-figure';
import { STYLE } from './style';
import * as tables from './tables';

/** How to write a report. */
export interface ReportOptions {
  /** The heading. Default: "Memory report". */
  readonly title?: string | undefined;
}

const REPORT_NAMES: Names<ReportOptions> = { title: true };

/** Pixels of the curves, which grow and shrink with the page. */
const WIDTH = 960;

/**
 * Writes a report on the traces that were replayed, as an HTML page: summary, timeline, the map at any moment, failures and their reasons, blocks by order, the
 * longest-lived and the largest allocations, leaks by label, and tables of all of it. It is one text that a browser opens from a file, and loads nothing. Of a
 * million operations it is some 4 MB.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`; {Error} `ERR_GPU_BUDDY_NO_PAGE` where the script of the page is missing, in a bundle for example
 */
export function drawReport(histories: readonly TraceHistory[], options?: ReportOptions): string {
  const { title = 'Memory report' } = toOptions('options', options, REPORT_NAMES);
  if (typeof title !== 'string') throw invalidArgType('options.title', 'of type string', title);
  const given: unknown = histories;
  if (!Array.isArray(given)) throw invalidArgType('histories', 'an array', given);
  const script = reportScript();
  const effects = new Map<HistoryParts['table'], string>();
  const sections = histories.map((history, index) => {
    const parts = partsOf(history);
    const name = effects.get(parts.table) ?? `effects-${index}`;
    const isNew = !effects.has(parts.table);
    effects.set(parts.table, name);
    return sectionHtml(history, parts, `t${index}`, name) + (isNew ? dataHtml(name, parts.frames) : '');
  });
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(STYLE)}; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escaped(title.slice(0, 200))}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<header><h1>${escaped(title.slice(0, 200))}</h1><p class="about">Written by gpu-buddy ${VERSION}.</p></header>`,
    `<main>${sections.join('\n')}</main>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function sectionHtml(history: TraceHistory, parts: HistoryParts, id: string, effects: string): string {
  const { table, analysis, summary } = parts;
  const { intervals } = analysis;
  const chunkSize = table.spaces.find(({ allocator }) => allocator === history.allocator)?.chunkSize ?? 1;
  const names = new Set(table.spaces.map(({ allocator }) => allocator));
  const title = names.size > 1 ? `${history.name}, allocator ${history.allocator}` : history.name;
  const timeline = { id: `${id}-timeline`, theme: undefined };
  const orders = { id: `${id}-orders`, theme: undefined };
  return [
    `<section aria-labelledby="${id}"><h2 id="${id}">${escaped(title.slice(0, 200))}</h2>`,
    tables.summaryTable(table, analysis, summary),
    detailsHtml('Operations', tables.operationsTable(summary)),
    '<h3>Timeline</h3>',
    chartHtml(
      'Timeline',
      svgOf(timelinePicture(analysis, 'Use from line to line', WIDTH, timeline), timeline),
    ),
    detailsHtml('Timeline as a table', tables.timelineTable(intervals)),
    '<h3>Map</h3>',
    mapHtml(id, effects, history.allocator, analysis),
    '<h3>Failures</h3>',
    tables.failuresTable(table, analysis),
    '<h3>Blocks by size</h3>',
    chartHtml(
      'Blocks by size',
      svgOf(ordersPicture(intervals, chunkSize, 'Bytes in blocks of each size', WIDTH, orders), orders),
    ),
    detailsHtml('Blocks by size as a table', tables.ordersTable(intervals, chunkSize)),
    '<h3>Allocations</h3>',
    tables.listsTables(table, analysis),
    '<h3>Leaks</h3>',
    tables.leaksTable(table, analysis),
    '</section>',
  ].join('\n');
}

/** The frames, each behind its length, as lib/draw/page/effects.ts reads them. */
function dataHtml(name: string, frames: readonly Uint8Array[]): string {
  const parts = frames.flatMap((frame) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(frame.length);
    return [length, frame];
  });
  const text = deflateRawSync(Buffer.concat(parts), { level: 9 }).toString('base64');
  return `<script type="application/octet-stream" id="${name}">${text}</script>`;
}
