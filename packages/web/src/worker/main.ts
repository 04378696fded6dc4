/** The page's worker: reads one source, and answers the page. */
import type { Asked, AskedName, FromWorker, SourceFacts, ToWorker } from '../messages';
import { Observer } from './observer';
import { Recording } from './recording';
import { follow, readRecording, type StreamListener } from './stream';

/** Milliseconds between two reports while much is read. */
const REPORT_EVERY = 100;

/** Blocks of a running allocator that are kept; then its history begins anew. */
const MOST_LIVE_BLOCKS = 4_000_000;

class Source implements StreamListener {
  #recording = new Recording();
  #allocator: number | undefined;
  #observer: Observer | undefined;
  #state: SourceFacts['state'] = 'reading';
  #error: string | undefined;
  #progress: number | undefined;
  #isLive = false;
  #reported = -Infinity;

  open(url: string, isLive: boolean): void {
    this.#isLive = isLive;
    this.#report();
    void (isLive ? follow : readRecording)(url, this);
  }

  effects(frame: Uint8Array): void {
    this.#recording.append(frame);
    this.#report();
  }

  reset(): void {
    this.#recording = new Recording();
    this.#observer = undefined;
    this.#state = 'reading';
  }

  complete(): void {
    this.#state = this.#isLive ? 'live' : 'complete';
    this.#error = undefined;
    this.#progress = undefined;
    this.#report(true);
  }

  progress({ done, whole }: { readonly done: number; readonly whole: number | null }): void {
    this.#progress = whole === null || whole === 0 ? undefined : Math.min(1, done / whole);
    this.#report();
  }

  failed(message: string): void {
    this.broken(message);
  }

  broken(message: string): void {
    this.#state = 'broken';
    this.#error = message;
    this.#report(true);
  }

  isFull(): boolean {
    return this.#isLive && this.#recording.table.blocks.length > MOST_LIVE_BLOCKS;
  }

  answer<Name extends AskedName>(kind: Name, ask: Asked[Name]['ask']): Asked[Name]['answer'] {
    const answers: { [N in AskedName]: (ask: Asked[N]['ask']) => Asked[N]['answer'] } = {
      draw: (given) => this.#view.draw(given),
      place: (given) => this.#view.place(given),
      blocks: (given) => this.#view.blocks(given),
      find: (given) => this.#view.find(given),
      failure: (given) => this.#view.failure(given),
      step: (given) => this.#view.step(given),
      legend: (given) => this.#view.legend(given),
      curve: (given) => this.#view.curve(given),
      allocator: ({ on }) => {
        this.#allocator = on;
        this.#observer = undefined;
        return this.#facts();
      },
    };
    return answers[kind](ask);
  }

  get #view(): Observer {
    this.#observer ??= new Observer(this.#recording, this.#chosen);
    return this.#observer;
  }

  get #chosen(): number {
    return this.#allocator ?? this.#recording.allocators[0] ?? 0;
  }

  #report(isDue = false): void {
    const now = performance.now();
    if (!isDue && now - this.#reported < REPORT_EVERY) return;
    this.#reported = now;
    say({ kind: 'facts', facts: this.#facts() });
  }

  #facts(): SourceFacts {
    const { table, length, allocators, peakStep } = this.#recording;
    return {
      allocators,
      allocator: this.#chosen,
      steps: length,
      firstLine: this.#recording.clockOf(0, 'line'),
      lastLine: this.#recording.clockOf(length - 1, 'line'),
      firstTime: this.#recording.clockOf(0, 'time'),
      lastTime: this.#recording.clockOf(length - 1, 'time'),
      hasTimes: table.hasTimes,
      hasLabels: table.lists.columns.label.some((label) => label > 0),
      hasAccounts: table.lists.columns.account.some((account) => account > 0),
      failures: table.failures.length,
      maxUsed: table.steps.columns.used[peakStep] ?? 0,
      peakLine: this.#recording.clockOf(peakStep, 'line'),
      peakTime: this.#recording.clockOf(peakStep, 'time'),
      state: this.#state,
      error: this.#error,
      progress: this.#progress,
    };
  }
}

function say(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

const source = new Source();

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'open') {
    source.open(data.url, data.isLive);
    return;
  }
  try {
    const answer = source.answer(data.kind, data.ask);
    const transfer = typeof answer === 'object' && 'pixels' in answer ? [answer.pixels.buffer] : [];
    say({ kind: 'answer', id: data.id, answer }, transfer);
  } catch (error) {
    say({ kind: 'refused', id: data.id, message: error instanceof Error ? error.message : String(error) });
  }
});
