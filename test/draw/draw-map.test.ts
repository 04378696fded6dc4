// Maps of allocators and snapshots as SVG.
import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_1M, SZ_4K } from 'gpu-buddy';
import { drawMap, type MapOptions } from 'gpu-buddy/draw';
import { replayTrace, TraceReplayer } from 'gpu-buddy/trace';
import { linesOf } from '../trace/lines';
import { elementsOf, textsOf } from './svg';

/** The area of all rectangles of a path, in square pixels. */
function areaOf(path: string): number {
  return [...path.matchAll(/h([\d.]+)v([\d.]+)/g)].reduce((sum, [, w, h]) => sum + Number(w) * Number(h), 0);
}

describe('a map', () => {
  test('tells its title, its numbers and its kinds in words', () => {
    using buddy = new GpuBuddy({ size: 16 * SZ_1M, name: 'textures' });
    const first = buddy.allocBlocks(4 * SZ_1M);
    const second = buddy.allocBlocks(2 * SZ_1M);
    first.free({ cleared: true });
    const [title, description, ...texts] = textsOf(drawMap(buddy));
    expect(title).toBe('textures');
    expect(description).toBe(
      '2 MiB of 16 MiB used (12.5 %), in 1 block; a cell is 4 KiB. used: 2 MiB; free and clear: 4 MiB; free: 10 MiB.',
    );
    expect(texts).toEqual(
      expect.arrayContaining(['used: 2 MiB', 'free and clear: 4 MiB', 'free: 10 MiB', '0x0']),
    );
    const [svg] = elementsOf(drawMap(buddy));
    expect(svg?.attributes).toMatchObject({ role: 'img', 'aria-labelledby': 'map-title map-desc' });
    second.free();
  });

  test('gives each kind as much area as it has bytes', () => {
    using buddy = new GpuBuddy({ size: 64 * SZ_1M });
    const lists = [4, 8, 1, 2].map((size) => buddy.allocBlocks(size * SZ_1M));
    lists[1]?.free();
    const paths = elementsOf(drawMap(buddy)).filter(
      ({ name, attributes }) => name === 'path' && attributes['d'],
    );
    const area = (find: (attributes: Readonly<Record<string, string>>) => boolean) =>
      paths
        .filter(({ attributes }) => find(attributes))
        .reduce((sum, { attributes }) => sum + areaOf(attributes['d'] ?? ''), 0);
    const used = area(({ fill }) => fill === 'url(#map-0)');
    const free = area((attributes) => attributes['class'] === 'free');
    expect(used / (used + free)).toBeCloseTo(7 / 64, 2);
    for (const list of lists) list.free();
  });

  test('counts addresses from the base offset, also where they are bigints', () => {
    using buddy = new GpuBuddy({ size: SZ_1M, baseOffset: 2n ** 63n, bigint: true });
    const list = buddy.allocBlocks(SZ_4K);
    expect(textsOf(drawMap(buddy))).toContain('0x8000000000000000');
    expect(textsOf(drawMap(buddy))).toContain('used: 4 KiB');
    list.free();
  });

  test('colours blocks by size', () => {
    using buddy = new GpuBuddy({ size: SZ_1M });
    const lists = [1, 2, 4].map((count) => buddy.allocBlocks(count * SZ_4K));
    expect(textsOf(drawMap(buddy, { colorBy: 'size' }))).toEqual(
      expect.arrayContaining(['4 KiB: 4 KiB', '8 KiB: 8 KiB', '16 KiB: 16 KiB']),
    );
    for (const list of lists) list.free();
  });

  test('colours the labels with the most bytes apart, and has a pattern for each', () => {
    using buddy = new GpuBuddy({ size: 16 * SZ_1M });
    const lists = Array.from({ length: 12 }, (_, tag) => buddy.allocBlocks((tag + 1) * SZ_4K, { tag }));
    const svg = drawMap(buddy, { colorBy: 'label', label: (tag) => (tag === 0 ? '' : `kind ${tag}`) });
    const texts = textsOf(svg);
    expect(texts).toContain('kind 11: 48 KiB');
    expect(texts).toContain('5 other labels: 60 KiB');
    const hatches = elementsOf(svg).filter(({ attributes }) => attributes['class'] === 'hatch');
    expect(new Set(hatches.map(({ attributes }) => attributes['d'])).size).toBe(7);
    for (const list of lists) list.free();
  });

  test('draws a snapshot of a replay', async () => {
    using replayer = new TraceReplayer();
    await replayTrace(linesOf('init 0x100000 0x1000\nalloc 0 0 0 0x40000 0x1000 0\n'), replayer);
    const snapshot = replayer.snapshot();
    expect(snapshot && textsOf(drawMap(snapshot, { title: 'replayed' }))).toEqual(
      expect.arrayContaining(['replayed', 'used: 256 KiB']),
    );
  });

  test('has a bounded size, however many blocks there are', () => {
    using buddy = new GpuBuddy({ size: 512 * SZ_1M });
    const lists = buddy.allocMany(131_072, SZ_4K);
    lists.forEach((list, index) => {
      if ((index * 7919) % 3 === 0) list.free();
    });
    for (const colorBy of ['state', 'size', 'label'] as const)
      expect(drawMap(buddy, { colorBy, label: (tag) => `label ${tag}` }).length).toBeLessThan(400_000);
    for (const list of lists) list.free();
  });

  test.each([1, 2, 3, 5])('draws a space of %i chunks', (chunks) => {
    using buddy = new GpuBuddy({ size: chunks * SZ_4K });
    expect(textsOf(drawMap(buddy))).toContain(`free: ${chunks * 4} KiB`);
  });
});

describe('a theme', () => {
  test.each([
    ['auto', true],
    ['light', false],
    ['dark', false],
  ] as const)('%s follows the reader: %s', (theme, follows) => {
    using buddy = new GpuBuddy({ size: SZ_1M });
    expect(drawMap(buddy, { theme }).includes('prefers-color-scheme')).toBe(follows);
  });

  test('light and dark differ', () => {
    using buddy = new GpuBuddy({ size: SZ_1M });
    expect(drawMap(buddy, { theme: 'light' })).not.toBe(drawMap(buddy, { theme: 'dark' }));
  });
});

describe('a label or a title', () => {
  test.each([
    ['markup', '</title><script>alert(1)</script>'],
    ['quotes and an entity', `"'&amp;<`],
    ['a change of direction', 'a\u202Egnp.exe'],
    ['an escape of terminals', '\u001b[31mred\u0007'],
    ['half a character, and others that XML has not', '\ud800 \ufffe \u0000'],
    ['a megabyte', 'x'.repeat(2 ** 20)],
  ])('of %s is text, and short', (_, hostile) => {
    using buddy = new GpuBuddy({ size: SZ_1M });
    const list = buddy.allocBlocks(SZ_4K, { tag: 1 });
    const svg = drawMap(buddy, { title: hostile, colorBy: 'label', label: () => hostile });
    expect(() => elementsOf(svg)).not.toThrow();
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(svg).not.toMatch(/<script|[\u0000-\u0009\u000b-\u001f\u202a-\u202e\ufffe\ud800-\udfff]/);
    expect(svg.length).toBeLessThan(10_000);
    list.free();
  });
});

describe('what is no option', () => {
  test.each<[name: string, options: unknown, code: string, message: string]>([
    [
      'a misspelt one',
      { colourBy: 'size' },
      'ERR_INVALID_ARG_VALUE',
      "unknown option 'colourBy', did you mean 'colorBy'?",
    ],
    [
      'an unknown word',
      { colorBy: 'age' },
      'ERR_INVALID_ARG_VALUE',
      "must have one of 'state', 'size', 'label'",
    ],
    ['an unknown theme', { theme: 'blue' }, 'ERR_INVALID_ARG_VALUE', "one of 'auto', 'light', 'dark'"],
    ['a width that is too small', { width: 10 }, 'ERR_OUT_OF_RANGE', 'from 320 to 4096'],
    ['no number', { width: '10' }, 'ERR_INVALID_ARG_TYPE', 'of type number'],
    ['no text', { title: 5 }, 'ERR_INVALID_ARG_TYPE', 'of type string'],
    ['no function', { label: 'x' }, 'ERR_INVALID_ARG_TYPE', 'of type function'],
  ])('%s is refused', (_, options, code, message) => {
    using buddy = new GpuBuddy({ size: SZ_1M });
    expect(() => drawMap(buddy, options as MapOptions)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as unknown }),
    );
  });

  test('nor is anything but an allocator or a snapshot a source', () => {
    for (const source of [undefined, null, 5, {}, { blocks: 5 }])
      expect(() => drawMap(source as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      );
  });

  test('a disposed allocator is refused', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    buddy.dispose();
    expect(() => drawMap(buddy)).toThrow(expect.objectContaining({ code: 'ERR_GPU_BUDDY_DISPOSED' }));
  });
});
