// The journal of an allocator: what each operation writes, in which order, to whom, and that a replay of it gives the same answers.
import { afterEach, describe, expect, test } from '@jest/globals';
import { AllocatedBlocks, GpuBuddy, SZ_1M, SZ_4K, type JournalEntry } from 'gpu-buddy';
import { recordTrace, replayTrace, TraceReplayer } from 'gpu-buddy/trace';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { linesOf } from '../trace/lines';

const K = SZ_4K;
const open: GpuBuddy[] = [];

function newBuddy(size = 16 * K, capacity = 2 ** 16): GpuBuddy {
  const buddy = new GpuBuddy({ size, journal: { capacity } });
  open.push(buddy);
  return buddy;
}

afterEach(() => {
  for (const buddy of open.splice(0)) if (!buddy.disposed) buddy.freeAll();
});

/** Ends the journal, and reads all of it. */
async function readAll(buddy: GpuBuddy): Promise<JournalEntry[]> {
  buddy.stopJournal();
  const entries: JournalEntry[] = [];
  for await (const entry of buddy.journal()) entries.push(entry);
  return entries;
}

/** Ends the journal, and writes it as a trace. */
async function traceOf(buddy: GpuBuddy, json = false): Promise<string> {
  buddy.stopJournal();
  const stream = new PassThrough();
  const written = text(stream);
  await recordTrace(buddy, stream, { json });
  stream.end();
  return written;
}

/** Replays a trace, and gives the lines whose answer is not the recorded one. */
async function differences(trace: string): Promise<string[]> {
  const found: string[] = [];
  using replayer = new TraceReplayer();
  await replayTrace(linesOf(trace), replayer, [
    {
      after: ({ operation, line, result }) => {
        if ('answer' in operation && operation.answer !== undefined && operation.answer !== result)
          found.push(`${line}\n${result}`);
        return undefined;
      },
    },
  ]);
  return found;
}

/** Operations of every kind, and the kinds of the entries that each writes. */
const OPERATIONS: readonly (readonly [name: string, run: (buddy: GpuBuddy) => unknown, kinds: string])[] = [
  ['allocBlocks()', (buddy) => buddy.allocBlocks(3 * K, { tag: 7 }).size, 'alloc'],
  [
    'an allocation that finds no space',
    (buddy) => [buddy.allocBlocks(K), buddy.tryAllocBlocks(16 * K)],
    'alloc alloc',
  ],
  [
    'a request that cannot be met',
    (buddy) => {
      tryTo(() => buddy.allocBlocks(K + 1));
    },
    'alloc',
  ],
  [
    'free()',
    (buddy) => {
      buddy.allocBlocks(K).free({ cleared: true });
    },
    'alloc free',
  ],
  [
    'trim()',
    (buddy) => {
      buddy.allocBlocks(4 * K).trim(K);
    },
    'alloc trim',
  ],
  [
    'trim() that is refused',
    (buddy) => {
      tryTo(() => {
        buddy.allocBlocks(4 * K).trim(1);
      });
    },
    'alloc trim',
  ],
  [
    'freeBlock()',
    (buddy) => {
      buddy.allocBlocks(3 * K).freeBlock(0);
    },
    'alloc freeBlock',
  ],
  ['tryExtend()', (buddy) => buddy.allocBlocks(K, { mode: { at: 0 } }).tryExtend(K), 'alloc extend'],
  [
    'append()',
    (buddy) => {
      buddy.allocBlocks(K).append(buddy.allocBlocks(K));
    },
    'alloc alloc append',
  ],
  ['claim()', (buddy) => buddy.claim([{ offset: 0, order: 1 }]), 'claim'],
  ['claim() as clear', (buddy) => buddy.claim([{ offset: 0, order: 1 }], { clear: true }), 'claim'],
  [
    'claim() of what is taken',
    (buddy) => {
      tryTo(() => [buddy.claim([{ offset: 0, order: 1 }]), buddy.claim([{ offset: 0, order: 0 }])]);
    },
    'claim claim',
  ],
  [
    'resetClear()',
    (buddy) => {
      buddy.resetClear(true);
    },
    'resetClear',
  ],
  [
    'a pool',
    (buddy) => {
      inPool(buddy);
    },
    'alloc alloc alloc free free free',
  ],
  [
    'freeAll()',
    (buddy) => {
      buddy.allocBlocks(K);
      buddy.freeAll();
    },
    'alloc free',
  ],
  ['a batch', (buddy) => buddy.batch().run(), ''],
  [
    'a batch that fails',
    (buddy) => {
      const batch = buddy.batch();
      batch.alloc(8 * K);
      batch.alloc(16 * K);
      tryTo(() => batch.run({ atomic: true }));
    },
    'alloc alloc undo',
  ],
  [
    'allocMany() that fails',
    (buddy) => {
      tryTo(() => buddy.allocMany(3, 8 * K));
    },
    'alloc alloc alloc undo undo',
  ],
  [
    'an account',
    (buddy) => {
      const account = buddy.account({ limit: 4 * K, reserved: 2 * K });
      account.update({ limit: 2 * K });
      tryTo(() => buddy.allocBlocks(3 * K, { account }));
      account.dispose();
    },
    'openAccount updateAccount alloc closeAccount',
  ],
  [
    'transfer() and adopt()',
    (buddy) => {
      AllocatedBlocks.adopt(buddy.allocBlocks(K).transfer()).free();
    },
    'alloc free',
  ],
];

function tryTo(run: () => unknown): void {
  expect(run).toThrow();
}

function inPool(buddy: GpuBuddy): void {
  const pool = buddy.pool();
  const handle = pool.alloc(K);
  pool.alloc(2 * K);
  pool.alloc(3 * K);
  pool.free(handle);
  pool.clear();
}

describe('an operation', () => {
  test.each(OPERATIONS)('%s writes its entries', async (_name, run, kinds) => {
    const buddy = newBuddy();
    run(buddy);
    const [start, ...entries] = await readAll(buddy);
    expect(start?.kind).toBe('start');
    expect(entries.map(({ kind }) => kind).join(' ')).toBe(kinds);
    expect(entries.map((entry) => (entry.kind === 'start' ? 0 : entry.sequence))).toEqual(
      entries.map((_, index) => index + 1),
    );
  });

  test.each(OPERATIONS)('%s is replayed with the same answer', async (_name, run) => {
    const buddy = newBuddy();
    run(buddy);
    const trace = await traceOf(buddy);
    expect(await differences(trace)).toEqual([]);
  });
});

test('a replay from a state that is not empty repeats every operation with the same answer', async () => {
  const buddy = new GpuBuddy({ size: 256 * K, baseOffset: 2 ** 40, name: 'frames' });
  open.push(buddy);
  const account = buddy.account({ reserved: 8 * K });
  const held = [
    buddy.allocBlocks(5 * K, { tag: 3 }),
    buddy.allocBlocks(12 * K, { account }),
    buddy.allocBlocks(K, { mode: 'top-down' }),
  ];
  buddy.allocBlocks(7 * K).free({ cleared: true });
  account.update({ limit: 10 * K });
  buddy.startJournal();
  for (let round = 0; round < 3; round++)
    for (const [, run] of OPERATIONS)
      try {
        run(buddy);
      } catch {
        // The ring has more room than these need.
      }
  held[1]?.free();
  const trace = await traceOf(buddy);
  expect(trace.split('\n').length).toBeGreaterThan(100);
  expect(trace).toMatch(/^buddy\.new 0x100000 0x1000 baseOffset=0x10000000000 .* name="frames"$/m);
  expect(await differences(trace)).toEqual([]);
  for (const list of held) list.free();
});

describe('the ring', () => {
  const CAPACITY = 4096;

  /** Allocations that find no space. Each takes 64 bytes. */
  function fill(buddy: GpuBuddy, count: number): void {
    for (let i = 0; i < count; i++) buddy.tryAllocBlocks(16 * K);
  }

  function full(): GpuBuddy {
    const buddy = newBuddy(16 * K, CAPACITY);
    buddy.allocBlocks(K);
    return buddy;
  }

  test('says in one entry how many have found no room, and goes on', async () => {
    const buddy = full();
    fill(buddy, 1000);
    const reader = buddy.journal();
    const entries: JournalEntry[] = [];
    const readUntil = async (kind: string) => {
      for (;;) {
        const { value } = await reader.next();
        if (!value) throw new Error('The journal has ended.');
        entries.push(value);
        if (value.kind === kind) return;
      }
    };
    await readUntil('gap');
    fill(buddy, 1000);
    await readUntil('gap');
    fill(buddy, 1);
    await readUntil('alloc');
    const gaps = entries.filter((entry) => entry.kind === 'gap');
    expect(gaps.length).toBe(2);
    for (const [index, entry] of entries.entries()) {
      const next = entries[index + 1];
      if (entry.kind === 'start' || !next || next.kind === 'start') continue;
      expect(next.sequence).toBe(entry.sequence + (entry.kind === 'gap' ? entry.missing : 1));
    }
    expect(entries.at(-1)).toMatchObject({ kind: 'alloc', sequence: 2002 });
    await reader.return(undefined);
  });

  test('is replayed up to the gap', async () => {
    const buddy = full();
    fill(buddy, 1000);
    const trace = await traceOf(buddy);
    expect(await differences(trace)).toEqual([]);
    expect(trace.trimEnd().split('\n').at(-1)).toMatch(/^gap \d+ seq=\d+/);
  });

  test('holds entries longer than its piece of memory', async () => {
    const buddy = newBuddy(2 ** 16 * K, 2 ** 20);
    const lists = buddy.allocMany(2 ** 14, K);
    for (const list of lists.filter((_, index) => index % 2 === 0)) list.free();
    const rest = buddy.allocBlocks(buddy.avail);
    expect(rest.length).toBeGreaterThan(2 ** 13);
    expect(await differences(await traceOf(buddy))).toEqual([]);
  });
});

describe('a reader', () => {
  test('waits for entries, and goes on where the one before it broke off', async () => {
    const buddy = newBuddy();
    const sequences: number[] = [];
    const read = (async () => {
      for await (const entry of buddy.journal()) {
        if (entry.kind === 'start') continue;
        sequences.push(entry.sequence);
        if (entry.kind === 'free') break;
      }
    })();
    await Promise.resolve();
    buddy.allocBlocks(K).free();
    buddy.resetClear(true);
    await read;
    const rest = await readAll(buddy);
    expect(sequences).toEqual([1, 2]);
    expect(rest).toMatchObject([{ kind: 'resetClear', sequence: 3 }]);
  });

  test.each(['a signal', 'dispose()'])('ends with %s', async (how) => {
    const buddy = newBuddy();
    const controller = new AbortController();
    const reason = new Error('enough');
    const reader = buddy.journal({ signal: controller.signal });
    await reader.next();
    const next = reader.next();
    const ended = expect(next).rejects.toMatchObject(
      how === 'dispose()' ? { code: 'ERR_GPU_BUDDY_DISPOSED' } : reason,
    );
    await Promise.resolve();
    if (how === 'dispose()') buddy.dispose();
    else controller.abort(reason);
    await ended;
  });

  test('ends when the journal is stopped', async () => {
    const buddy = newBuddy();
    const reader = buddy.journal();
    await reader.next();
    const next = reader.next();
    await Promise.resolve();
    buddy.stopJournal();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('finds a journal begun through another object of the allocator', async () => {
    const buddy = newBuddy();
    const other = GpuBuddy.from(buddy.share());
    open.push(other);
    buddy.allocBlocks(K);
    expect((await readAll(other)).map(({ kind }) => kind)).toEqual(['start', 'alloc']);
  });
});

describe('a journal', () => {
  test('is refused where there is one, and where there is none', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    open.push(buddy);
    expect(() => {
      buddy.stopJournal();
    }).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    await expect(buddy.journal().next()).rejects.toMatchObject({ code: 'EINVAL' });
    buddy.startJournal();
    expect(() => {
      buddy.startJournal();
    }).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    buddy.stopJournal();
    buddy.startJournal();
    expect((await readAll(buddy)).length).toBe(1);
  });

  test.each([
    [{ capacity: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: '1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ capcity: 1 }, 'ERR_INVALID_ARG_VALUE'],
    [true, 'ERR_INVALID_ARG_TYPE'],
  ])('with the options %j is refused', (options, code) => {
    const wrong = options as { capacity: number };
    const buddy = new GpuBuddy({ size: SZ_1M });
    open.push(buddy);
    expect(() => {
      buddy.startJournal(wrong);
    }).toThrow(expect.objectContaining({ code }));
    expect(() => new GpuBuddy({ size: SZ_1M, journal: wrong })).toThrow(expect.objectContaining({ code }));
    buddy.startJournal();
  });

  test('begins with what there was: its state can be restored', async () => {
    const buddy = new GpuBuddy({ size: 16 * K, chunkSize: 256, maxSteps: 1000 });
    open.push(buddy);
    const account = buddy.account({ limit: 8 * K });
    buddy.allocBlocks(3 * K, { tag: 9, account });
    buddy.allocBlocks(2 * K).free({ cleared: true });
    const state = buddy.save();
    buddy.startJournal();
    const [start] = await readAll(buddy);
    if (start?.kind !== 'start') throw new Error('There is no start.');
    expect(start.state).toEqual(state);
    expect(start).toMatchObject({
      accounts: [{ account: 1, limit: 8 * K, reserved: 0, isOpen: true }],
      listAccounts: [1],
      maxSteps: 1000,
    });
    expect(GpuBuddy.restore(start.state).buddy.save()).toEqual(state);
  });

  test('begins behind the lists of a restored allocator', async () => {
    const { buddy } = GpuBuddy.restore(new GpuBuddy({ size: SZ_1M }).save(), { journal: {} });
    open.push(buddy);
    expect((await readAll(buddy)).length).toBe(1);
  });

  test('in lines of JSON is the same', async () => {
    const buddy = newBuddy();
    buddy.allocBlocks(3 * K).free();
    const trace = await traceOf(buddy, true);
    expect(trace.startsWith('{"kind":"gpu-buddy-trace","version":2,')).toBe(true);
    expect(await differences(trace)).toEqual([]);
  });

  test('without its ring full costs no answer: the same calls give the same blocks', () => {
    const plain = new GpuBuddy({ size: SZ_1M });
    const journaled = newBuddy(SZ_1M, 4096);
    const offsets = [plain, journaled].map((buddy) =>
      buddy.allocMany(100, 2 * K).map((list) => list.at(0)?.offset),
    );
    expect(offsets[0]).toEqual(offsets[1]);
  });
});
