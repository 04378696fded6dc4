/** The entry `gpu-buddy/draw`: names only. */
/// <reference lib="esnext.disposable" preserve="true" />
export type { ColorBy } from './colors';
export { drawMap, type MapOptions } from './draw-map';
export type { DrawOptions } from './draw-options';
export { drawOrders } from './draw-orders';
export { drawTimeline } from './draw-timeline';
export { drawReport, type ReportOptions } from './report/draw-report';
export type { Theme } from './svg';
export { readHistories, type HistoryOptions, type Moment, type TraceHistory } from './trace-history';
