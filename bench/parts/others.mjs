/** The figures that are no pairs of calls: each part gives its rounds, and says what of them counts. */
import { measure, measureInSeveral } from '../child.mjs';
import { CLOCK } from '../clock.mjs';
import { HOLES } from '../states.mjs';
import { median, ratios, summarize } from '../statistics.mjs';

/** @typedef {import('../statistics.mjs').Summary} Summary */
/** @typedef {{ name: string, unit: string, value: Summary }} Row */

/** @param {number[]} list */
const sum = (list) => list.reduce((a, b) => a + b, 0);

/** The same work in number mode and in bigint mode. */
const NUMBERS = {
  api: ['allocBlocks() and free()', 'ns a pair'],
  batch: ['a batch', 'ns a pair'],
  offsets: ["reading a list's offset", 'ns'],
  columns: ['snapshot(), and reading its offsets', 'ns a block'],
};

/** @type {Record<string, (rounds: number) => Promise<{ figures: Record<string, number>, rows: Row[] }>>} */
export const others = {
  async freeing(rounds) {
    const times = await measure('freeing', [rounds]);
    // The collector works beside this thread, too.
    const rows = Object.entries(times).map(([name, list]) => ({
      name: `freed by ${name}`,
      unit: 'ns a list',
      value: summarize(list.map((time) => time[name === 'collector' ? 'process' : CLOCK])),
    }));
    return { figures: {}, rows };
  },

  async memory() {
    const lists = await measure('memory', ['api']);
    const pool = await measure('memory', ['pool']);
    const row = (name, value) => ({ name, unit: 'bytes', value: summarize([value]) });
    return {
      figures: {
        'memory.native': lists.native,
        'memory.heap': lists.heap,
        'memory.pool.heap': pool.heap,
        'memory.pool.native': pool.native - pool.nodes,
      },
      rows: [
        row('native memory, a live list', lists.native),
        row("of it the kernel's nodes", lists.nodes),
        row("JavaScript's heap, a live list", lists.heap),
        row("native memory, a pool's allocation", pool.native),
        row("of it the kernel's nodes", pool.nodes),
        row("JavaScript's heap, a pool's allocation", pool.heap),
      ],
    };
  },

  async numbers(rounds) {
    const times = await measureInSeveral('numbers', [rounds]);
    /** @type {Record<string, number>} */
    const figures = {};
    const rows = Object.entries(NUMBERS).flatMap(([id, [name, unit]]) => {
      const [number, bigint] = ['number', 'bigint'].map((mode) =>
        times[`${id} ${mode}`].map((time) => time[CLOCK]),
      );
      const ratio = ratios(number, bigint);
      figures[`numbers.${id}`] = ratio.median;
      return [
        { name: `${name}, numbers`, unit, value: summarize(number) },
        { name: `${name}, bigints`, unit, value: summarize(bigint) },
        { name: `${name}, numbers / bigints`, unit: '', value: ratio },
      ];
    });
    return { figures, rows };
  },

  async questions(rounds) {
    const times = await measure('questions', [rounds]);
    const rows = Object.entries(times).map(([name, list]) => ({
      name: `${HOLES.toLocaleString('en')} holes: ${name}`,
      unit: 'ns',
      value: summarize(list.map((time) => time[CLOCK])),
    }));
    const medianOf = (name) => median(times[name].map((time) => time[CLOCK]));
    return {
      figures: {
        'questions.largestFree': medianOf('largestFree'),
        'questions.fragmentation': medianOf('fragmentation'),
        'questions.full': medianOf('tryAllocBlocks() of more than is free'),
        'questions.small': medianOf('tryAllocBlocks() that gives null'),
        'questions.window': medianOf('tryAllocBlocks() in a full window of 256 MiB'),
        'questions.lowest': medianOf('the lowest chunk, beside 10,000 live ones, and back'),
        'questions.holes': medianOf('all holes, in one list of a range, and back') / 1e6,
      },
      rows,
    };
  },

  async threads(rounds) {
    const { one, apart, shared, oneCounting, twoCounting } = await measure('threads', [rounds]);
    const total = (list) => list.map((rates) => sum(rates) / 1e6);
    const smaller = shared.map((rates) => Math.min(...rates) / sum(rates));
    const [apartRatio, sharedRatio] = [apart, shared].map((list) => ratios(total(list), total(one)));
    return {
      figures: {
        'threads.apart': apartRatio.median,
        'threads.shared': sharedRatio.median,
        'threads.share': median(smaller),
      },
      rows: [
        { name: 'one thread', unit: 'million pairs/s', value: summarize(total(one)) },
        { name: 'two threads, two allocators', unit: 'million pairs/s', value: summarize(total(apart)) },
        { name: 'two threads, one allocator', unit: 'million pairs/s', value: summarize(total(shared)) },
        {
          name: 'two threads / one, of plain arithmetic',
          unit: '',
          value: ratios(total(twoCounting), total(oneCounting)),
        },
        { name: 'two allocators / one thread', unit: '', value: apartRatio },
        { name: 'one allocator / one thread', unit: '', value: sharedRatio },
        { name: 'one allocator, the smaller share', unit: '', value: summarize(smaller) },
      ],
    };
  },

  async snapshot(rounds) {
    const { count, times } = await measure('snapshot', [rounds]);
    const by = (name) => times[name].map((time) => time[CLOCK]);
    const milliseconds = (name) => summarize(by(name).map((time) => (time * count) / 1e6));
    const ratio = ratios(by('api'), by('c'));
    return {
      figures: { 'snapshot.api': ratio.median },
      rows: [
        {
          name: `snapshot() of ${count.toLocaleString('en')} blocks`,
          unit: 'ms',
          value: milliseconds('api'),
        },
        { name: 'the same in C', unit: 'ms', value: milliseconds('c') },
        { name: 'snapshot() / C', unit: '', value: ratio },
      ],
    };
  },

  async load(rounds) {
    const { empty, loaded } = await measure('load', [rounds]);
    const more = summarize(loaded.map((time, i) => time - empty[i]));
    return {
      figures: { 'load.more': more.median },
      rows: [
        { name: 'a process that does nothing', unit: 'ms', value: summarize(empty) },
        { name: "require('gpu-buddy'), more than that", unit: 'ms', value: more },
      ],
    };
  },

  async collector(rounds) {
    const all = await measure('collector', [Math.min(rounds, 7)]);
    const of = (key) => summarize(all.map((round) => round[key]));
    return {
      figures: { 'collector.blocked': of('blocked').median, 'collector.slice': of('slice').median },
      rows: [
        { name: '1,000,000 lists dropped: longest stretch', unit: 'ms', value: of('blocked') },
        { name: "the collector's own longest pause", unit: 'ms', value: of('pause') },
        { name: 'the longest slice of freeing', unit: 'ms', value: of('slice') },
        { name: 'until all of them are free', unit: 'ms', value: of('whole') },
      ],
    };
  },
};

/** @param {Row[]} rows @returns {[string[], string[][]]} */
export function otherRows(rows) {
  return [
    ['', 'unit', 'median', 'lowest', 'highest'],
    rows.map(({ name, unit, value }) => [
      name,
      unit,
      ...[value.median, value.lowest, value.highest].map((number) =>
        number.toFixed(number < 10 ? 2 : number < 100 ? 1 : 0),
      ),
    ]),
  ];
}
