/** Labels allocations by the frames of the program that made them. */
import { isDict, isList, type PickledDict, type PickledList, type PickledValue } from './pickle/unpickler';

export class FrameLabels {
  readonly #isWanted: boolean;
  readonly #stripPrefix: string;
  /** Cached, since events share frames. */
  readonly #known = new WeakMap<PickledList, string>();

  constructor({ frames, stripPrefix }: { readonly frames: boolean; readonly stripPrefix: string }) {
    this.#isWanted = frames;
    this.#stripPrefix = stripPrefix;
  }

  /** Gives the innermost frame in a Python file, or else the innermost one; `undefined` if none is wanted or known. */
  labelOf(frames: PickledValue | undefined): string | undefined {
    if (!this.#isWanted || !isList(frames)) return undefined;
    const known = this.#known.get(frames);
    if (known !== undefined) return known;
    const dicts = frames.filter(isDict);
    const frame =
      dicts.find(({ filename }) => typeof filename === 'string' && filename.endsWith('.py')) ?? dicts[0];
    if (!frame) return undefined;
    const label = this.#textOf(frame);
    this.#known.set(frames, label);
    return label;
  }

  #textOf({ filename, line, name }: PickledDict): string {
    const file = typeof filename === 'string' ? filename : '??';
    const place = file.startsWith(this.#stripPrefix) ? file.slice(this.#stripPrefix.length) : file;
    const at = typeof line === 'number' ? `${place}:${line}` : place;
    return typeof name === 'string' ? `${at} ${name}` : at;
  }
}
