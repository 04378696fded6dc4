// Parity with another kernel, as far as it needs neither a build nor a real kernel.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compare } from '../../../tools/oracle/comparison.mjs';
import { testsIn } from '../../../tools/oracle/kunit.mjs';
import { apiOf, callsIn, changesOf, includesOf, kunitCasesOf } from '../../../tools/oracle/parity/api.mjs';
import { checkRecordedTraces } from '../../../tools/oracle/parity/recorded-traces.mjs';
import {
  byOperation,
  changedAnswersText,
  sourcesText,
  sumByOperation,
  testsText,
  verdict,
} from '../../../tools/oracle/parity/report.mjs';
import { compareSources, ourSources, referenceFiles } from '../../../tools/oracle/parity/sources.mjs';
import { hashesOf, Manifest } from '../../../scripts/linux/manifest.mjs';

const ROOT = join(__dirname, '..', '..', '..');
const BUDDY = 'drivers/gpu/buddy.c';
const HEADER = 'include/linux/gpu_buddy.h';
const TESTS = 'drivers/gpu/tests/gpu_buddy_test.c';
const PATHS = [BUDDY, HEADER, TESTS];

const reference = referenceFiles(Manifest.read(ROOT));

/** The files that are built, changed, as another kernel's. */
function changed(version: string, changes: Readonly<Record<string, (text: string) => string>>) {
  const contents = new Map(
    PATHS.map((path) => {
      const text = reference.contents.get(path)?.toString('utf8') ?? '';
      return [path, Buffer.from(changes[path]?.(text) ?? text)];
    }),
  );
  return {
    origin: { version, source: 'kernel tree other', verified: false, files: hashesOf(contents) },
    contents,
  };
}

const withoutLookup = (header: string) =>
  header.replace(/^struct gpu_buddy_block \*gpu_buddy_allocated_addr_to_block\(.*$/m, '');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parity-test-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function parity(...args: string[]) {
  const main = join(ROOT, 'tools', 'oracle', 'main.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'parity', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** A tree with nothing but these files and a top Makefile. */
function writeTree(version: string, contents: ReadonlyMap<string, Buffer>): string {
  const [major = '', minor = '', patch = ''] = version.split('.');
  const makefile = `VERSION = ${major}\nPATCHLEVEL = ${minor}\nSUBLEVEL = ${patch}\n`;
  for (const [path, content] of [...contents, ['Makefile', Buffer.from(makefile)] as const]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

describe('a header', () => {
  const header = `
/* int commented(void); */
#define FLAG\t\tBIT(0)
#define each(tree) \\
\tfor (;;)
#ifdef A
#define twice(a) 1
#else
#define twice(a) 2
#endif
struct thing {
\tint (*callback)(int);
};
static inline u64
inlined(const struct thing *thing)
{
\tif (thing) { return called(thing); }
\treturn 0;
}
struct thing *found(struct thing *thing,
\t\t    u64 address);
`;

  test('offers functions and macros, each on one line', () => {
    expect(Object.fromEntries(apiOf(header))).toEqual({
      FLAG: '#define FLAG BIT(0)',
      each: '#define each(tree) for (;;)',
      twice: '#define twice(a) 1; #define twice(a) 2',
      inlined: 'u64 inlined(const struct thing *thing)',
      found: 'struct thing *found(struct thing *thing, u64 address)',
    });
  });

  test('may gain, lose and change some', () => {
    const other = header.replace('u64 address', 'u32 address').replace('FLAG', 'FLAG_2');
    expect(changesOf(apiOf(header), apiOf(other))).toEqual({
      gained: ['FLAG_2'],
      lost: ['FLAG'],
      changed: ['found'],
    });
  });
});

test('our calls are found, but for those in comments', () => {
  const sources = new Map([
    ['a.c', 'gpu_buddy_init(mm); /* gpu_buddy_fini(mm) */ // gpu_buddy_print(mm)\n gpu_buddy_init (mm);'],
    ['b.c', 'gpu_buddy_init(mm); x = &gpu_buddy_trim;'],
  ]);
  expect([...callsIn(sources)]).toEqual([['gpu_buddy_init', ['a.c', 'b.c']]]);
});

test('includes and cases are found', () => {
  expect(includesOf('#include <linux/list.h>\n# include <a/b.h>\n#include "c.h"\n')).toEqual([
    'linux/list.h',
    'a/b.h',
  ]);
  expect([...kunitCasesOf('\tKUNIT_CASE(a),\n\tKUNIT_CASE_SLOW(b),\n').keys()]).toEqual(['a', 'b']);
});

describe('the sources', () => {
  test('of the kernel that this library is made for are all there', () => {
    const nothing = { gained: [], lost: [], changed: [] };
    expect(compareSources(reference, changed('7.3.4', {}))).toMatchObject({
      api: nothing,
      cases: nothing,
      missing: [],
      altered: [],
      headers: [],
    });
    expect([...callsIn(ourSources()).keys()]).toEqual(
      expect.arrayContaining([
        'gpu_buddy_init',
        'gpu_buddy_alloc_blocks',
        'gpu_buddy_allocated_addr_to_block',
      ]),
    );
  });

  test('of another one are told apart', () => {
    const other = changed('7.3.9', {
      [BUDDY]: (text) => `${text}#include <linux/new.h>\n`,
      [HEADER]: (text) =>
        text.replace('u64 min_page_size', 'u32 min_page_size').replace('bool is_clear', 'int n'),
      [TESTS]: (text) => `${text}\tKUNIT_CASE(gpu_test_new),\n`,
    });
    const changes = compareSources(reference, other);
    const text = sourcesText(changes, '7.3.4');
    expect(text).toContain(`${BUDDY}: changed\n    SHA-256 ${reference.origin.files[BUDDY] ?? ''}\n`);
    expect(text).toContain('  changed: gpu_buddy_alloc_blocks, gpu_buddy_reset_clear\n');
    expect(text).toMatch(
      /declared otherwise, and called in native\/buddy\/\S+\.c.*: gpu_buddy_alloc_blocks\n/,
    );
    expect(text).toContain("Cases of the kernel's own tests:\n  gained: gpu_test_new\n");
    expect(text).toMatch(/no stand-in in native\/kernel: linux\/new\.h$/);
  });
});

describe('the command', () => {
  test('names the functions that an older kernel lacks, and who calls them', () => {
    const { contents } = changed('7.2.1', { [HEADER]: withoutLookup });
    const { status, stdout, stderr } = parity('--linux', writeTree('7.2.1', contents));
    expect(stdout).toContain('\n  lost: gpu_buddy_allocated_addr_to_block\n');
    expect(stderr).toMatch(
      /^oracle: Linux 7\.2\.1 \(.*\) lacks functions that gpu-buddy calls:\n {2}gpu_buddy_allocated_addr_to_block \(called in native\/buddy\/\S+\.c\)\n/,
    );
    expect(status).toBe(2);
  });

  test('knows a kernel that has the allocator elsewhere', () => {
    const { status, stderr } = parity('--linux', writeTree('6.12.3', new Map()));
    expect(stderr).toMatch(/^oracle: .* holds Linux 6\.12\.3, which is too old: .*drm_buddy\.c/);
    expect(status).toBe(2);
  });

  test.each([
    ['no tree', [], /^oracle: parity takes --linux DIR/],
    [
      'a URL',
      ['--linux', 'https://example.org/linux'],
      /^oracle: .*--linux must name a tree or an archive, not a URL/,
    ],
    [
      'a place that is none',
      ['--linux', '/nowhere/at/all'],
      /^oracle: --linux names .*, which cannot be read/,
    ],
    ['half a number', ['--linux', '.', '--operations', '1.5'], /^oracle: --operations takes a whole number/],
  ])('refuses %s', (_, args, message) => {
    const { status, stdout, stderr } = parity(...args);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('KTAP', () => {
  const cases = '    ok 1 a\n    not ok 2 b\n    ok 3 c # SKIP\n';
  test.each([
    ['of our runner', `${cases}not ok 1 gpu_buddy\n`, { total: 3, failed: ['b'] }],
    ['of the kernel', `${cases}# Totals: pass:2 fail:1\n`, { total: 3, failed: ['b'] }],
    ['cut short', '    ok 1 a\n', { total: 1, failed: ['(it did not run to its end)'] }],
    ['that is empty', '', { total: 1, failed: ['(it did not run to its end)'] }],
  ])('%s is counted', (_, ktap, tests) => {
    expect(testsIn(ktap)).toEqual(tests);
  });

  test('reads well', () => {
    expect(testsText('KUnit', { total: 3, failed: ['b'] })).toBe('KUnit: 2 of 3 pass\n  fails: b');
  });
});

describe('answers that have changed', () => {
  const trace = ['# c', 'init 1 1', 'alloc 1', 'alloc 2', 'fini'];
  const before = ['# c', '0', 'a', 'b', '0'];
  const after = ['# c', '0', 'x', 'b', '1'];

  test('are shown by operation, with the first one', () => {
    const operations = byOperation(trace, before, after);
    const counts = compare(trace, before, after);
    expect(changedAnswersText('simple', counts, operations).split('\n')).toEqual([
      'simple: 5 lines (4 operations), 3 identical, 2 different',
      '  by operation: alloc 1 of 2, fini 1 of 1',
      '  first difference: line 3',
      '    operation: alloc 1',
      '    recorded:  a',
      '    now:       x',
    ]);
    expect(sumByOperation([operations, operations]).get('alloc')).toEqual({ lines: 4, different: 2 });
  });

  /** A made-up kernel answers the trace. */
  async function check(script: string, answers: (trace: string) => string[]) {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    writeFileSync(join(folder, 'a.trace'), `${trace.join('\n')}\n`);
    writeFileSync(join(folder, 'a.expected'), `${before.join('\n')}\n`);
    const program = join(folder, 'linux');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    const kernel = { version: '7.3.9', program, seconds: 0 };
    const library = { generate: () => [], answers: (file: string) => Promise.resolve(answers(file)) };
    const counts = await checkRecordedTraces(kernel, library, [folder], folder);
    return { counts, text: log.mock.calls.join('\n') };
  }

  const answering = (lines: readonly string[]) =>
    `{ ${lines.map((line) => `echo "${line}"`).join('; ')}; } > result; echo "gpu-buddy-oracle: done: 5 lines"`;

  test('and those of this library are told apart', async () => {
    const { counts, text } = await check(answering(after), () => before);
    expect(counts).toMatchObject({ changed: [{ different: 2 }], ours: [{ different: 2 }] });
    expect(text).toContain('    recorded:  a\n    now:       x');
    expect(text).toContain('against that kernel: 5 lines');
    expect(readFileSync(join(folder, 'a.expected'), 'utf8')).toBe(`${before.join('\n')}\n`);
  });

  test('and what that kernel has skipped is not asked of this library', async () => {
    const skipped = '# skipped: what it is about is not there';
    const answers = before.with(2, skipped);
    const asked: string[] = [];
    const { counts } = await check(answering(answers), (file) => {
      asked.push(...readFileSync(file, 'utf8').trimEnd().split('\n'));
      return answers;
    });
    expect(asked).toEqual(trace.with(2, skipped));
    expect(counts).toMatchObject({ changed: [{ different: 1 }], ours: [{ different: 0 }] });
  });

  test('and a kernel that dies of a trace answers nothing', async () => {
    const { counts, text } = await check('echo "kernel BUG at buddy.c:7"; kill -9 $$', () => before);
    expect(text).toContain('kernel BUG at buddy.c:7');
    expect(counts).toMatchObject({ changed: [{ different: 5 }], ours: [{ different: 5 }] });
  });
});

describe('the verdict', () => {
  const good = {
    origin: changed('7.3.9', {}).origin,
    version: '7.3.4',
    built: true,
    tests: [{ total: 13, failed: [] }],
    changed: 0,
    different: 0,
  };

  test('may be that nothing has changed', () => {
    expect(verdict(good)).toEqual({
      holds: true,
      text:
        'Linux 7.3.9 (kernel tree other) answers as Linux 7.3.4.\n' +
        "gpu-buddy on it: all tests pass, and every answer is that kernel's.",
    });
  });

  test.each([
    ['other answers of the kernel are no fault', { changed: 7 }, true, /answers 7 recorded lines otherwise/],
    ['a failed test is one', { tests: [{ total: 2, failed: ['a'] }] }, false, /on it: 1 test fails\./],
    ['an answer that is not the kernel’s is one', { different: 3 }, false, /3 answers are not the kernel's/],
    ['no build is one', { built: false, tests: [] }, false, /it cannot be built/],
  ])('%s', (_, findings, holds, text) => {
    expect(verdict({ ...good, ...findings })).toEqual({ holds, text: expect.stringMatching(text) });
  });
});
