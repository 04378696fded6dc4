// Reports: what stands in the page, that nothing of a trace is taken for markup, and that its data is the trace's.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { drawReport, readHistories, type TraceHistory } from 'gpu-buddy/draw';
import { openTrace } from 'gpu-buddy/trace';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { EffectsTable } from '../../lib/trace/effects/effects-table';
import { linesOf } from '../trace/lines';

const SAMPLE = path.join(__dirname, '../../examples/traces/lifecycle-1.trace.gz');

const TRACE = [
  'gpu-buddy-trace 2',
  'buddy.new 0x10000 0x1000',
  'buddy.alloc 0 0x4000 label="kept <script>alert(1)</script>"',
  'buddy.alloc 1 0x1000 label="mesh"',
  'buddy.alloc 2 0xc000 label="sky"',
  'buddy.alloc 3 0x4000',
  'buddy.alloc 4 0x1000',
  'buddy.alloc 5 0x5000 contiguous',
  'buddy.alloc 6 0x1000 range=0x4000..0x8000',
  'buddy.alloc 7 0x1000 range=0x0..0x1000',
  'buddy.alloc 8 0x4000 minBlockSize=0x4000',
  'trim 0 - 0x20000',
  'blocks.free 1',
];

function historiesOf(lines: readonly string[], name = 'run'): Promise<TraceHistory[]> {
  return readHistories(linesOf(lines.join('\n')), { name });
}

/** The rows of the table with this caption, as the texts of their cells. */
function rowsOf(page: string, caption: string): string[][] {
  const [, table = ''] = page.split(`<caption>${caption}`);
  const [, body = ''] = /<tbody>(.*?)<\/tbody>/s.exec(table) ?? [];
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, text = '']) => text),
  );
}

/** The effects in a page. */
function effectsIn(page: string): EffectsTable[] {
  return [...page.matchAll(/<script type="application\/octet-stream" id="[\w-]+">([^<]*)</g)].map(
    ([, base64 = '']) => {
      const bytes = inflateRawSync(Buffer.from(base64, 'base64'));
      const table = new EffectsTable();
      for (let at = 0; at < bytes.length;) {
        const length = bytes.readUInt32LE(at);
        table.append(bytes.subarray(at + 4, at + 4 + length));
        at += 4 + length;
      }
      return table;
    },
  );
}

describe('a report', () => {
  let page: string;
  beforeAll(async () => {
    page = drawReport(await historiesOf(TRACE), { title: 'Before & after' });
  });

  test('sums up', () => {
    expect(page).toContain('<title>Before &amp; after</title>');
    expect(rowsOf(page, 'Summary')).toEqual([
      ['Lines', '13', ''],
      ['Space', '64 KiB', ''],
      ['Peak', '44 KiB', 'at line 10, 68.8 % of the space'],
      ['In use at the end', '40 KiB', 'in 4 lists'],
      ['Longest free run at the end', '12 KiB', ''],
      ['Lists', '5', ''],
      ['Failed operations', '5', ''],
    ]);
  });

  test('tells each failure and why', () => {
    const rows = rowsOf(page, 'Failures').map(([line, operation, size, code, why]) => [
      line,
      operation,
      size,
      code,
      why,
    ]);
    expect(rows).toEqual([
      ['5', 'buddy.alloc', '48 KiB', 'ENOSPC', 'full: 44 KiB free'],
      ['8', 'buddy.alloc', '20 KiB', 'ENOSPC', 'fragmented: 24 KiB free, in runs of at most 16 KiB'],
      ['9', 'buddy.alloc', '4 KiB', 'ENOSPC', 'range: no space from 0x4000 to 0x8000; 24 KiB free in all'],
      [
        '11',
        ...['buddy.alloc', '16 KiB', 'ENOSPC'],
        'fragmented: 20 KiB free, not in blocks of 16 KiB or more; longest run 12 KiB',
      ],
      ['12', 'trim', '0 B', 'EINVAL', 'the kernel rejects the arguments'],
    ]);
  });

  test('lists the longest-lived, the largest, and what was never freed by label', () => {
    const kept = 'kept &lt;script&gt;alert(1)&lt;/script&gt;';
    expect(rowsOf(page, 'Longest-lived allocations')[0]).toEqual([
      kept,
      '0',
      '16 KiB',
      '3',
      'never',
      '10 lines',
    ]);
    expect(rowsOf(page, 'Largest allocations').map(([, id]) => id)).toEqual(['0', '3', '1', '4', '7']);
    expect(rowsOf(page, 'Never freed, by label')).toEqual([
      ['(no label)', '3', '24 KiB'],
      [kept, '1', '16 KiB'],
    ]);
  });

  test('has its curves as tables', () => {
    const [used, orders] = ['Use from line to line', 'Bytes in blocks of each size'].map((caption) =>
      rowsOf(page, caption).at(-1),
    );
    expect(used).toEqual(['13', '40 KiB', '40 KiB', '24 KiB', '12 KiB', '50.0 %', '0']);
    expect(orders).toEqual(['13', '8 KiB', '32 KiB']);
  });

  test('allows its own script and styles by their hashes, and nothing else', () => {
    const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    const [, style] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
    const [, script] = /<script>(.*?)<\/script>/s.exec(page) ?? [];
    expect(policy).toBe(
      `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'`,
    );
    expect(page).not.toMatch(/ style="| on\w+="|<link|<img|<iframe|@import|url\((?!#)/);
  });

  test('holds the effects of the trace', async () => {
    using trace = await openTrace(SAMPLE);
    const histories = await readHistories(trace);
    const [table] = effectsIn(drawReport(histories));
    const [history] = histories;
    if (!table || !history) throw new Error('there is no table');
    expect(table.failures.length).toBe(history.failures);
    const step = table.stepAtLine(history.lineOf('peak') ?? 0);
    expect(table.steps.columns.used[step]).toBe(
      table.steps.columns.used.subarray(0, table.steps.length).reduce((a, b) => Math.max(a, b), 0),
    );
  });

  test('has a section for each history, and the effects of a trace once', async () => {
    const both = await historiesOf(
      ['gpu-buddy-trace 2', 'init 0x10000 0x1000', 'init 0x8000 0x1000 on=1'],
      'both',
    );
    const two = drawReport([...both, ...(await historiesOf(TRACE, 'second'))]);
    expect([...two.matchAll(/<h2 [^>]*>([^<]*)</g)].map(([, name]) => name)).toEqual([
      'both, allocator 0',
      'both, allocator 1',
      'second',
    ]);
    expect(effectsIn(two)).toHaveLength(2);
    const ids = [...two.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test.each(['</script><script>alert(1)</script>', 'a\u202Eb', '\u001b[31m', 'x'.repeat(2 ** 20)])(
  'a hostile name or label is text (%#)',
  async (hostile) => {
    const label = JSON.stringify(hostile.slice(0, 60_000));
    const trace = [...TRACE, `buddy.alloc 9 0x1000 label=${label}`];
    const page = drawReport(await historiesOf(trace, hostile), { title: hostile });
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(page).not.toMatch(/<script>alert|[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
    expect(page.length).toBeLessThan(200_000);
  },
);

test('what is no history, and unknown options, are refused', async () => {
  const histories = await historiesOf(TRACE);
  for (const wrong of [5, [{}]])
    expect(() => drawReport(wrong as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  expect(() => drawReport(histories, { titl: 'x' } as never)).toThrow("did you mean 'title'?");
  expect(() => drawReport(histories, { title: 5 } as never)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
});
