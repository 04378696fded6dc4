/** Notes on a recording beside its answers: who made it, and where it ends before its time. */
import { VERSION } from '../addon/protocol';
import { kernelVersion } from '../native';
import type { HeaderOperation, ReplayObserver, ReplayStep } from '../trace';
import { pluralText } from '../trace/number-text';

/** Observes a replay; `lines` has a line for each thing to say. */
export class RecordingNotes implements ReplayObserver {
  readonly lines: string[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  after({ operation, lineNumber }: ReplayStep): undefined {
    if (operation.kind === 'gpu-buddy-trace') this.#compareVersions(operation);
    else if (operation.kind === 'gap')
      this.#end(lineNumber, `${pluralText(operation.count, 'operation')} missing`);
    else if (operation.kind === 'poisoned') this.#end(lineNumber, "the kernel's code met a BUG");
  }

  #compareVersions({ kernel = kernelVersion, library = VERSION }: HeaderOperation): void {
    if (kernel === kernelVersion && library === VERSION) return;
    this.lines.push(
      `${this.#file}: recorded by gpu-buddy ${library} with Linux ${kernel}, replayed by ${VERSION} with ${kernelVersion}`,
    );
  }

  #end(lineNumber: number, why: string): void {
    this.lines.push(`${this.#file}:${lineNumber}: ${why}: the replay stops here`);
  }
}
