/** From the entries of a journal to the operations of a trace. */
import type { JournalBlock, JournalEntry, JournalEntryBase, JournalStart } from '../journal-entry';
import { statuses, type Bytes } from '../native';
import { ChurnMap } from './churn-map';
import type { LibraryOperation, OperationNotes, TraceOperation } from './operation';
import { HEADER, VERSION } from './operation-forms';
import { claimsOf, clearsOf } from './state-operations';

type Changes = Exclude<JournalEntry<Bytes>, JournalStart<Bytes>>;
/** Entries of operations, which have an answer. */
export type Answered = Exclude<Changes, { readonly kind: 'gap' | 'poisoned' }>;

/** Names a list by its tag, and the number of its account, 0 for none. */
export type LabelOf = (list: { readonly tag: number; readonly account: number }) => string | undefined;

/** Gives numbers to lists, which a journal names by their first blocks. Addresses count from the start of the space. */
export class JournalOperations {
  readonly #library: string;
  readonly #name: string | undefined;
  readonly #labelOf: LabelOf;
  /** The IDs of the lists, by the addresses of their first blocks. */
  readonly #ids = new ChurnMap<Bytes, number>();
  /** IDs that can be used again, and the first one that never was. */
  readonly #freeIds: number[] = [];
  #nextId = 0;
  /** Whether an entry was missing: then nobody knows which lists there are. */
  #hasGap = false;

  /**
   * @param library the version of this package
   * @param name that of the allocator
   * @param labelOf gives the labels of new lists
   */
  constructor(library: string, name: string | undefined, labelOf: LabelOf = () => undefined) {
    this.#library = library;
    this.#name = name;
    this.#labelOf = labelOf;
  }

  /** Gives the operations of the entry: of the first one many. Behind a gap there are none. */
  *of(entry: JournalEntry<Bytes>): Generator<TraceOperation> {
    if (entry.kind === 'start') yield* this.#start(entry);
    else if (!this.#hasGap) yield this.#operation(entry);
  }

  *#start(entry: JournalStart<Bytes>): Generator<TraceOperation> {
    const { state, accounts, listAccounts } = entry;
    const chunkSize = Number(state.chunkSize);
    yield {
      kind: HEADER,
      version: VERSION,
      kernel: entry.kernelVersion,
      library: this.#library,
      source: 'journal',
      started: new Date(entry.startedAt).toISOString(),
    };
    yield {
      kind: 'buddy.new',
      size: toBytes(state.size),
      chunkSize,
      baseOffset: toBytes(state.baseOffset),
      maxSteps: entry.maxSteps,
      maxNativeBytes: entry.maxNativeBytes,
      name: this.#name,
    };
    for (const { account } of accounts) yield { kind: 'account.open', id: account };
    const accountOf = (list: number) => orNone(listAccounts[list]);
    for (const claim of claimsOf(state, (head) => this.#add(head), accountOf))
      yield { ...claim, label: this.#labelOf({ tag: claim.tag ?? 0, account: claim.account ?? 0 }) };
    yield* clearsOf(state);
    // Last: an account may hold more than its limit.
    for (const { account, limit, reserved } of accounts)
      yield { kind: 'account.update', id: account, limit: limit ?? undefined, reserved };
    for (const { account, isOpen } of accounts) if (!isOpen) yield { kind: 'account.close', id: account };
    yield { kind: 'begin' };
  }

  #operation(entry: Changes): TraceOperation {
    const { sequence: seq, time, thread } = entry;
    if (entry.kind === 'poisoned') return { kind: 'poisoned', seq, time, thread };
    if (entry.kind === 'gap') {
      this.#hasGap = true;
      return { kind: 'gap', count: entry.missing, seq, time, thread };
    }
    const notes = { seq, time, thread };
    return { ...this.call(entry), ...notes, answer: answerOf(entry) };
  }

  /** Gives the operation of an entry behind the first one, without notes and answer: what each entry has need not be asked for twice. */
  call(entry: Answered): LibraryOperation {
    const hasFailed = entry.code !== undefined;
    switch (entry.kind) {
      case 'alloc': {
        const { size, minBlockSize, range, topDown, contiguous, clear, trimDisable, tag, account } = entry;
        return {
          kind: 'buddy.alloc',
          id: hasFailed ? this.#spare() : this.#add(headOf(entry.blocks)),
          size,
          minBlockSize,
          range,
          topDown,
          contiguous,
          clear,
          trimDisable,
          tag: orNone(tag),
          account: orNone(account),
          label: this.#labelOf(entry),
        };
      }
      case 'claim':
        return {
          kind: 'buddy.claim',
          id: hasFailed ? this.#spare() : this.#add(headOf(entry.blocks)),
          blocks: entry.isMarked
            ? entry.blocks
            : entry.blocks.map(({ offset, order }) => ({ offset, order })),
          tag: orNone(entry.tag),
          account: orNone(entry.account),
          label: this.#labelOf(entry),
        };
      case 'extend':
        return { kind: 'blocks.extend', id: this.#find(entry.list), size: entry.size };
      case 'free':
        return { kind: 'blocks.free', id: this.#end(entry.list), cleared: entry.cleared };
      case 'undo':
        return { kind: 'blocks.undo', id: this.#end(entry.list) };
      case 'freeBlock': {
        const id = this.#find(entry.list);
        this.#rename(id, entry.list, entry.blocks);
        return { kind: 'blocks.freeBlock', id, index: entry.index, cleared: entry.cleared };
      }
      case 'trim': {
        const id = this.#find(entry.list);
        this.#rename(id, entry.list, entry.blocks);
        return { kind: 'blocks.trim', id, newSize: entry.newSize, start: entry.start };
      }
      case 'append':
        return {
          kind: 'blocks.append',
          id: entry.list === undefined ? undefined : this.#find(entry.list),
          other: entry.list === undefined || hasFailed ? this.#find(entry.other) : this.#end(entry.other),
          tag: entry.tag,
        };
      case 'resetClear':
        return { kind: 'buddy.resetClear', isClear: entry.isClear };
      case 'openAccount':
        return quotaOf('account.open', entry);
      case 'updateAccount':
        return quotaOf('account.update', entry);
      case 'closeAccount':
        return { kind: 'account.close', id: entry.account };
    }
  }

  /** The ID of a new list that begins at an address. */
  #add(head: Bytes): number {
    const id = this.#freeIds.pop() ?? this.#nextId++;
    this.#ids.set(head, id);
    return id;
  }

  /** The ID that the next list will have. */
  #spare(): number {
    return this.#freeIds.at(-1) ?? this.#nextId;
  }

  #find(head: Bytes): number {
    const id = this.#ids.get(head);
    if (id === undefined) throw new Error(`The journal knows no list at ${String(head)}.`);
    return id;
  }

  #end(head: Bytes): number {
    const id = this.#find(head);
    this.#ids.delete(head);
    this.#freeIds.push(id);
    return id;
  }

  /** Another block may be the first one now; a list without blocks is heard of no more. */
  #rename(id: number, head: Bytes, blocks: readonly JournalBlock<Bytes>[]): void {
    this.#ids.delete(head);
    const [first] = blocks;
    if (first) this.#ids.set(first.offset, id);
  }
}

function toBytes(value: number | string): Bytes {
  return typeof value === 'number' ? value : BigInt(value);
}

/** The default of a number is left out. */
function orNone(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

function headOf(blocks: readonly JournalBlock<Bytes>[]): Bytes {
  return blocks[0]?.offset ?? 0;
}

function quotaOf(
  kind: 'account.open' | 'account.update',
  {
    account,
    limit,
    reserved,
  }: { readonly account: number; readonly limit: Bytes | null; readonly reserved: Bytes },
): LibraryOperation {
  return { kind, id: account, limit: limit ?? undefined, reserved };
}

/** Formats the answer as the replayer does for the same operation. */
function answerOf(entry: Answered): OperationNotes['answer'] {
  const blocks = 'blocks' in entry && !(entry.kind === 'claim' && entry.code) ? entry.blocks : [];
  let answer = errnoText(entry);
  for (const { offset, order, isClear } of blocks)
    answer += ` 0x${offset.toString(16)}:${String(order)}:${isClear ? '1' : '0'}`;
  return `${answer} avail=0x${entry.avail.toString(16)} clear_avail=0x${entry.clearAvail.toString(16)}`;
}

/** Error numbers by the codes of errors that have one. */
const ERRNOS: ReadonlyMap<string, number> = new Map(
  statuses.filter(({ errno }) => errno !== 0).map(({ code, errno }) => [code, errno]),
);

function errnoText({ code }: JournalEntryBase<Bytes>): string {
  if (code === undefined) return '0';
  return String(ERRNOS.get(code) ?? code);
}
