/** Says what an entry of a journal answers, in columns that are used again. */
import type { Answer } from '../trace/effects/answer-blocks';
import type { Answered } from '../trace/journal-operations';

export class EntryAnswer implements Answer {
  code = '0';
  count = 0;
  readonly offsets: number[] = [];
  readonly orders: number[] = [];
  readonly clear: boolean[] = [];
  clearAvail = 0;
  time = 0;

  read(entry: Answered): this {
    this.code = entry.code ?? '0';
    this.clearAvail = Number(entry.clearAvail);
    this.time = entry.time;
    this.count = 0;
    if (!('blocks' in entry)) return this;
    for (const { offset, order, isClear } of entry.blocks) {
      this.offsets[this.count] = Number(offset);
      this.orders[this.count] = order;
      this.clear[this.count++] = isClear;
    }
    return this;
  }
}
