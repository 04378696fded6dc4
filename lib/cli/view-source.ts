/** Reads what one map of `gpu-buddy view` shows: a recording as it was, or under a policy. */
import { setImmediate } from 'node:timers/promises';
import { FrameLog } from '../page/frame-log';
import { frame, FrameType, jsonFrame } from '../page/frames';
import type { PageSource } from '../page/session';
import {
  replayTrace,
  TraceReplayer,
  type LineReader,
  type Policy,
  type PolicyOptions,
  type Workload,
} from '../trace';
import { EffectsRecorder } from '../trace/effects/effects-recorder';
import { policyEffects } from '../trace/effects/policy-effects';
import { toPolicy } from '../trace/policy/policy';
import { withoutControls } from '../trace/printable';
import { bytesText } from '../trace/number-text';
import { openInput } from './open-input';
import type { ProgressBar } from './progress-bar';
import { SkippedLines } from './skipped-lines';
import type { Terminal } from './terminal';
import { traceName } from './trace-name';
import type { ViewOptions } from './view-options';

/** Milliseconds between two reports of progress. */
const PROGRESS_EVERY = 100;

export interface ViewSource {
  readonly page: PageSource;
  readonly log: FrameLog;
  /** Reads all of it into the log. Rejects where that fails, which the page is told, too, or where it is aborted. */
  read(): Promise<void>;
}

/** A recording as it was. */
export class ReplayedSource implements ViewSource {
  readonly page: PageSource;
  readonly log: FrameLog;
  readonly #trace: LineReader;
  readonly #options: ViewOptions;
  readonly #terminal: Terminal;
  readonly #signal: AbortSignal;

  /** @throws TraceError where it cannot be opened */
  static async open(
    path: string,
    options: ViewOptions,
    terminal: Terminal,
    signal: AbortSignal,
  ): Promise<ReplayedSource> {
    const log = new FrameLog();
    const trace = await openInput(path, terminal, new ProgressFrames(log, signal), options);
    return new ReplayedSource(
      { name: withoutControls(traceName(path)) },
      log,
      trace,
      options,
      terminal,
      signal,
    );
  }

  private constructor(
    page: PageSource,
    log: FrameLog,
    trace: LineReader,
    options: ViewOptions,
    terminal: Terminal,
    signal: AbortSignal,
  ) {
    this.page = page;
    this.log = log;
    this.#trace = trace;
    this.#options = options;
    this.#terminal = terminal;
    this.#signal = signal;
  }

  read(): Promise<void> {
    const { size, lenient } = this.#options;
    const skipped = lenient ? new SkippedLines() : undefined;
    return into(this.log, async () => {
      using trace = this.#trace;
      using replayer = new TraceReplayer({ size });
      const recorder = new EffectsRecorder((bytes) => this.#send(bytes));
      try {
        await replayTrace(trace, replayer, [recorder], { onSkipped: skipped?.add });
      } finally {
        await recorder.finish();
        for (const line of skipped?.lines ?? []) this.#terminal.stderr.write(`gpu-buddy: ${line}\n`);
      }
    });
  }

  #send(bytes: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted();
    return send(this.log, bytes);
  }
}

/** A recording under a policy. */
export class PolicySource implements ViewSource {
  readonly page: PageSource;
  readonly log = new FrameLog();
  readonly #frames: Iterable<Uint8Array>;
  readonly #signal: AbortSignal;

  /** @throws RangeError, TypeError, GpuBuddyError where there can be no such allocator */
  constructor(name: string, workload: Workload, policy: PolicyOptions, signal: AbortSignal) {
    this.page = { name: withoutControls(name), policy: policyText(toPolicy(workload, policy)) };
    this.#frames = policyEffects(workload, policy);
    this.#signal = signal;
  }

  read(): Promise<void> {
    return into(this.log, async () => {
      for (const bytes of this.#frames) {
        this.#signal.throwIfAborted();
        await send(this.log, bytes);
      }
    });
  }
}

/** Tells pages how much is read. Throws where nobody wants it any more. */
class ProgressFrames implements Pick<ProgressBar, 'update'> {
  readonly #log: FrameLog;
  readonly #signal: AbortSignal;
  #at = 0;

  constructor(log: FrameLog, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
  }

  update(done: number, whole: number): void {
    this.#signal.throwIfAborted();
    if (performance.now() - this.#at < PROGRESS_EVERY) return;
    this.#at = performance.now();
    this.#log.add(jsonFrame(FrameType.PROGRESS, { done, whole: whole > 0 ? whole : null }));
  }
}

/** Adds a frame of effects; pages are served meanwhile. */
function send(log: FrameLog, bytes: Uint8Array): Promise<void> {
  log.add(frame(FrameType.EFFECTS, bytes));
  return setImmediate();
}

/** Ends a log as its reading ends. */
async function into(log: FrameLog, read: () => Promise<void>): Promise<void> {
  try {
    await read();
    log.add(frame(FrameType.COMPLETE));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.add(jsonFrame(FrameType.FAILED, { code: codeOf(error), message }));
    throw error;
  } finally {
    log.complete();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'ERR_GPU_BUDDY_TRACE';
}

function policyText({ mode, minBlockSize, size }: Policy): string {
  const least = minBlockSize === undefined ? [] : [`blocks of at least ${bytesText(minBlockSize)}`];
  return [mode, ...least, bytesText(size)].join(', ');
}
