/** What is public as `gpu-buddy/trace`: names only. */
/// <reference lib="esnext.disposable" preserve="true" />
export type { BlockTable } from '../block-table';
export type { AllocatorStats, Bytes } from '../native';
export type { Column } from '../space';
export { Comparison, type ComparisonCounts, type Difference } from './comparison';
export type { ImportOptions } from './import/import-options';
export type {
  ImportFormat,
  ImportNote,
  ImportNoteKind,
  ImportNoteWay,
  ImportReport,
} from './import/import-report';
export { importTrace, type ImportedTrace, type ImportInput } from './import/import-trace';
export { LineReader, type LineReaderOptions } from './line-reader';
export { openTrace, type OpenTraceOptions } from './open-trace';
export { openLines, type OpenLinesOptions } from './open-lines';
export { formatOperation } from './format-operation';
export { toJsonLine } from './json-operation';
export type * from './operation';
export { parseOperation } from './parse-operation';
export { diverge, type DifferencePoint, type Divergence, type PolicySubject } from './policy/diverge';
export {
  measurePolicy,
  type FailedRequest,
  type MeasureOptions,
  type PolicyMeasures,
  type Spread,
} from './policy/measure-policy';
export { PLACEMENTS, type Placement, type Policy, type PolicyOptions } from './policy/policy';
export { replayTrace, type ReplayObserver, type ReplayStep } from './replay-trace';
export { drawSpace, type CellKind, type PictureOptions, type SpacePicture } from './space-picture';
export type { SpaceSnapshot } from './space-snapshot';
export { SummaryCollector, type SummaryOptions } from './summary-collector';
export { TraceError, type TracePlace } from './trace-error';
export { TraceReplayer, type TraceReplayerOptions } from './trace-replayer';
export { readWorkloads, WorkloadReader } from './workload/read-workloads';
export {
  peakOf,
  RequestKind,
  type DroppedParts,
  type RecordedUse,
  type Workload,
  type WorkloadColumns,
  type WorkloadPeak,
} from './workload/workload';
export type { EndState, OperationKind, PeakUse, TraceSummary } from './trace-summary';
