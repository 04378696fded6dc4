/** Asks the worker of one source. */
import type { Asked, AskedName, FromWorker, SourceFacts, ToWorker } from '../messages';

interface Waiting {
  readonly resolve: (answer: Asked[AskedName]['answer']) => void;
  readonly reject: (error: Error) => void;
}

export class SourceClient {
  readonly #worker = new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  /** @param onFacts is called now and then while the source is read */
  constructor(url: string, isLive: boolean, onFacts: (facts: SourceFacts) => void) {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'facts') onFacts(data.facts);
      else this.#settle(data);
    });
    this.#say({ kind: 'open', url, isLive });
  }

  ask<Name extends AskedName>(kind: Name, ask: Asked[Name]['ask']): Promise<Asked[Name]['answer']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#say({ kind, id, ask } as ToWorker);
    });
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #settle(message: Exclude<FromWorker, { kind: 'facts' }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.answer);
    else waiting?.reject(new Error(message.message));
  }
}
