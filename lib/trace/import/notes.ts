/** Counts what an import skips, maps or guesses, with the first record of each. */
import { TraceError } from '../trace-error';
import type { ImportNote, ImportNoteKind, ImportNoteWay } from './import-report';

/** How each kind is dealt with, and its name, plural. The order is that of a report. */
const NOTES: Readonly<Record<ImportNoteKind, readonly [way: ImportNoteWay, text: string]>> = {
  header: ['skipped', 'header lines'],
  blank: ['skipped', 'blank lines'],
  null: ['skipped', 'NULL pointers'],
  'zero-size': ['skipped', 'allocations of no bytes'],
  'zero-size-free': ['skipped', 'frees of allocations of no bytes'],
  'unknown-free': ['skipped', 'frees of what no record has allocated'],
  'unknown-action': ['skipped', 'unknown actions'],
  unreadable: ['skipped', 'unreadable records'],
  'other-device': ['skipped', 'records of other devices'],
  'no-operation': ['skipped', 'records that neither allocate nor free'],
  rounded: ['mapped', 'sizes rounded up to the unit'],
  realloc: ['mapped', 'reallocations, each a free and an allocation'],
  'live-again': ['mapped', 'frees made up, of live pointers that were allocated again'],
  'size-differs': ['mapped', 'frees of another size than was allocated'],
  requested: ['mapped', 'blocks larger than was asked for, taken as asked for'],
  alignment: ['mapped', 'alignments above the unit, not kept'],
  place: ['mapped', 'places in blocks, not kept'],
  dedicated: ['mapped', 'dedicated allocations, put among the others'],
  failure: ['mapped', 'recorded failures, now probes'],
  'label-cut': ['mapped', 'labels cut to 256 characters'],
  device: ['guessed', 'device, of several: the first one'],
  midnight: ['guessed', 'midnights, where the time of day goes back'],
  'lived-before': ['guessed', 'allocations that were live before the recording, put first'],
  'freed-later': ['guessed', 'of these, known only by their free'],
  address: ['guessed', 'addresses of allocations, which were not recorded'],
};

/** Notes that contradict the recording, and are errors in a strict import. */
const ODD: ReadonlySet<ImportNoteKind> = new Set<ImportNoteKind>([
  'unknown-free',
  'unknown-action',
  'unreadable',
  'live-again',
  'size-differs',
]);

export class Notes {
  /** The number of the record that is read: a line, an event or an allocation, counted from 1. */
  record = 0;
  readonly #file: string;
  readonly #isStrict: boolean;
  readonly #counted = new Map<ImportNoteKind, { count: number; readonly first: number }>();

  /** @param file what errors call it */
  constructor(file: string, isStrict: boolean) {
    this.#file = file;
    this.#isStrict = isStrict;
  }

  /**
   * Counts one more of a kind, or as many as are given, at the current record.
   *
   * @throws TraceError in a strict import, if it is odd
   */
  add(kind: ImportNoteKind, count = 1): void {
    const counted = this.#counted.get(kind);
    if (counted) counted.count += count;
    else this.#counted.set(kind, { count, first: this.record });
    if (this.#isStrict && ODD.has(kind))
      throw new TraceError({ file: this.#file, line: this.record }, `strict: ${NOTES[kind][1]}`);
  }

  list(): ImportNote[] {
    return (Object.keys(NOTES) as ImportNoteKind[]).flatMap((kind) => {
      const [way, text] = NOTES[kind];
      const counted = this.#counted.get(kind);
      return counted ? { way, kind, text, ...counted } : [];
    });
  }
}
