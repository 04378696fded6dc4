/**
 * Reads, writes, imports and replays traces: recordings of what allocators were asked.
 *
 * @module gpu-buddy/trace
 */
/// <reference lib="esnext.disposable" preserve="true" />
export type { KernelPackage } from '../addon/kernel-package';
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
export { kernelPackage } from './kernel-package';
export type { LenientOptions } from './lenient';
export { LineReader, type LineReaderOptions } from './line-reader';
export { openTrace, type OpenTraceOptions } from './open-trace';
export { openLines, type OpenLinesOptions } from './open-lines';
export { formatOperation } from './format-operation';
export { toJsonLine } from './json-operation';
export type * from './operation';
export { parseOperation } from './parse-operation';
export { PerfettoWriter, type PerfettoOptions, type PerfettoSink } from './perfetto/perfetto-writer';
export { diverge, type DifferencePoint, type Divergence, type PolicySubject } from './policy/diverge';
export type { FailedRequest } from './policy/failed-request';
export { fitWorkload, type Fit, type FitOptions } from './policy/fit';
export {
  measurePolicy,
  type MeasureOptions,
  type PolicyMeasures,
  type Spread,
} from './policy/measure-policy';
export { PLACEMENTS, type Placement } from './policy/placements';
export type { Policy, PolicyOptions } from './policy/policy';
export type { TriedSize } from './policy/try-size';
export type { ReadJournalOptions } from '../journal';
export type { WaitSignal } from '../wait-signal';
export { recordTrace, type JournaledBuddy, type RecordTraceOptions, type TraceOutput } from './record-trace';
export { replayTrace, type ReplayObserver, type ReplayStep, type ReplayTraceOptions } from './replay-trace';
export type { LeakedLists, ListsSummary } from './lists-summary';
export { drawSpace, type CellKind, type PictureOptions, type SpacePicture } from './space-picture';
export type { SpaceSnapshot } from './space-snapshot';
export { SummaryCollector, type SummaryOptions } from './summary-collector';
export { TraceError, type LineProblem, type TracePlace } from './trace-error';
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
