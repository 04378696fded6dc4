/** Scenarios: TraceReplayer of gpu-buddy/trace. */
import { strict as assert } from 'node:assert';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

/** Operations, each of which has its turn to be interrupted after those before it. */
const PROGRAM = [
  '# a comment',
  'init 1048576 4096',
  'alloc 1 0 1048576 20480 4096 0x0',
  'alloc 2 0 1048576 65536 4096 0x2',
  'lookup 0',
  'trim 2 - 20480',
  'free_block 2 0',
  'reset_clear 1',
  'print',
  'free 1 0x0',
  'free 2 0x0',
  'fini',
];
const WIDE_PROGRAM = [
  'init 1152921504606846976 4096',
  'alloc 1 0 1152921504606846976 4503599627370496 4096 0x0',
];

/** @param {World} world @param {readonly string[]} lines */
function replay({ library: { TraceReplayer, parseOperation } }, lines) {
  const replayer = new TraceReplayer();
  try {
    return lines.map((line) => replayer.execute(parseOperation(line)));
  } finally {
    replayer[Symbol.dispose]();
  }
}

/** The answers of the program when nobody interrupts it. @type {Map<readonly string[], string[]>} */
const expected = new Map();

/** A replayer is large: not every interruption is followed by another one. */
const PLAYS_A_VERIFICATION = 8;
let plays = 0;

/** Another replayer must answer as ever. @param {World} world @param {readonly string[]} lines */
function verify(world, lines) {
  if (expected.has(lines) && plays++ % PLAYS_A_VERIFICATION > 0) return;
  const known = expected.get(lines);
  const answers = replay(world, lines);
  if (known) assert.deepEqual(answers, known);
  else expected.set(lines, answers);
}

/** @param {readonly string[]} program @param {number} index of the operation @returns {Scenario} */
function execution(program, index) {
  const line = program[index] ?? '';
  const [kind] = line.split(' ');
  return {
    name: `TraceReplayer.execute ${kind === '#' ? 'of a comment' : kind}${program === WIDE_PROGRAM ? ' with bigints' : ''}`,
    makesAllocators: kind === 'init' || kind === 'fini',
    arrange: (w) => {
      const { TraceReplayer, parseOperation } = w.library;
      if (!expected.has(program)) verify(w, program);
      w.my.replayer = w.holdReplayer(new TraceReplayer());
      for (const before of program.slice(0, index)) w.my.replayer.execute(parseOperation(before));
      w.my.operation = parseOperation(line);
    },
    act: ({ my }) => void my.replayer.execute(my.operation),
    // The answers of the replayer after an interrupted operation are not promised, but it can be disposed of.
    again: ({ my }) => my.replayer[Symbol.dispose](),
    verify: (w) => verify(w, program),
  };
}

/** @type {Scenario[]} */
export const traceScenarios = [
  ...PROGRAM.map((_, index) => execution(PROGRAM, index)).filter(
    ({ name }, index, all) => all.findIndex((other) => other.name === name) === index,
  ),
  ...WIDE_PROGRAM.map((_, index) => execution(WIDE_PROGRAM, index)),
  {
    name: 'TraceReplayer.enqueue and run',
    arrange: (w) => {
      const { TraceReplayer, parseOperation } = w.library;
      if (!expected.has(PROGRAM)) verify(w, PROGRAM);
      w.my.replayer = w.holdReplayer(new TraceReplayer());
      w.my.replayer.execute(parseOperation('init 1048576 4096'));
      w.my.operations = PROGRAM.filter((line) => /^(alloc|free) /.test(line)).map((line) =>
        parseOperation(line),
      );
    },
    act: ({ my: { replayer, operations } }) => {
      for (const operation of operations) {
        assert.equal(replayer.canEnqueue(operation), true);
        replayer.enqueue(operation);
      }
      for (const answer of replayer.run()) assert.match(answer, /^0 /);
    },
    again: ({ my }) => my.replayer[Symbol.dispose](),
    verify: (w) => verify(w, PROGRAM),
  },
  {
    name: 'TraceReplayer getters',
    arrange: (w) => {
      const { TraceReplayer, parseOperation } = w.library;
      w.my.replayer = w.holdReplayer(new TraceReplayer());
      for (const line of PROGRAM.slice(1, 4)) w.my.replayer.execute(parseOperation(line));
    },
    act: ({ my: { replayer } }) => {
      assert.deepEqual([replayer.isLive, replayer.size, replayer.errno], [true, 1048576, 0]);
      assert.equal(replayer.avail, 1048576 - 20480 - 65536);
      assert.equal(replayer.clearAvail, 0);
      assert.ok(replayer.stats() && replayer.snapshot() && replayer.longestFreeRun());
    },
  },
  {
    name: 'TraceReplayer[Symbol.dispose]',
    makesAllocators: true,
    arrange: (w) => {
      const { TraceReplayer, parseOperation } = w.library;
      w.my.replayer = w.holdReplayer(new TraceReplayer());
      for (const line of PROGRAM.slice(1, 4)) w.my.replayer.execute(parseOperation(line));
    },
    act: ({ my }) => my.replayer[Symbol.dispose](),
    verify: ({ my }) => assert.equal(my.replayer.isLive, false),
  },
];
