// The command `gpu-buddy draw` from its arguments to its exit status, within this process.
import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_1M } from 'gpu-buddy';
import { readFileSync, writeFileSync } from 'node:fs';
import { elementsOf, textsOf } from '../draw/svg';
import { temporaryFolder } from '../support/temporary-folder';
import { runCli } from './fake-terminal';

const at = temporaryFolder();

const TRACE = [
  'gpu-buddy-trace 2',
  'buddy.new 0x10000 0x1000',
  'buddy.alloc 0 0x8000 label="<mesh>"',
  'buddy.alloc 1 0x4000 label="light"',
  'blocks.free 0 cleared',
  'buddy.alloc 2 0x20000 label="sky"',
  '',
].join('\n');

/** Runs `draw` on a trace of standard input, and gives the texts of its picture. */
async function drawn(...args: readonly string[]) {
  const { status, stdout, stderr } = await runCli(['draw', ...args, '-'], { stdin: TRACE });
  return { status, stderr, texts: status === 0 ? textsOf(stdout) : [stdout] };
}

describe('a map', () => {
  test.each([
    [[], 'standard input at its peak, line 4', 'used: 48 KiB'],
    [['--at', 'end'], 'standard input at the end', 'used: 16 KiB'],
    [['--at', 'first-failure'], 'standard input at the first failure, line 6', 'free and clear: 32 KiB'],
    [['--at', '3'], 'standard input after line 3', 'used: 32 KiB'],
    [['--at', '3', '--title', 'mine'], 'mine', 'used: 32 KiB'],
    [['--color-by', 'size'], 'standard input at its peak, line 4', '32 KiB: 32 KiB'],
    [['--color-by', 'label'], 'standard input at its peak, line 4', '&lt;mesh&gt;: 32 KiB'],
  ])('with %j is titled %s and says %s', async (args, title, text) => {
    const { status, stderr, texts } = await drawn(...args);
    expect([status, stderr]).toEqual([0, '']);
    expect(texts[0]).toBe(title);
    expect(texts).toContain(text);
  });

  test.each([
    ['timeline', 'failed allocations'],
    ['orders', '32 KiB (order 3)'],
  ])('--as %s draws that', async (as, text) => {
    expect((await drawn('--as', as)).texts).toContain(text);
  });

  test('is written to a file', async () => {
    writeFileSync(at('run.trace'), TRACE);
    const ran = await runCli(['draw', at('run.trace'), '-o', at('map.svg')]);
    expect(ran).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(textsOf(readFileSync(at('map.svg'), 'utf8'))[0]).toBe('run at its peak, line 4');
  });

  test('of a state that save() has written', async () => {
    using buddy = new GpuBuddy({ size: 16 * SZ_1M });
    const list = buddy.allocBlocks(3 * SZ_1M, { tag: 5 });
    const { stdout } = await runCli(['draw', '--color-by', 'label', '-'], {
      stdin: JSON.stringify(buddy.save()),
    });
    expect(textsOf(stdout)).toContain('tag 5: 3 MiB');
    list.free();
  });

  test('of a dump of VMA, and of a log of RMM, whose space is given', async () => {
    const dump = { Blocks: { 0: { Suballocations: [{ Offset: 0, Size: 4096, Type: 'BUFFER' }] } } };
    const log = '1,10:00:00.000000,allocate,0x10,1000,0x0\n';
    for (const stdin of [JSON.stringify(dump), log]) {
      const { status, stdout } = await runCli(['draw', '--size', '64K', '-'], { stdin });
      expect(status).toBe(0);
      expect(() => elementsOf(stdout)).not.toThrow();
    }
  });

  test('of several allocators is of the one that is named', async () => {
    const stdin =
      'gpu-buddy-trace 2\ninit 0x10000 0x1000\ninit 0x8000 0x1000 on=4\nalloc 0 0 0 0x1000 0x1000 0 on=4\n';
    expect(await runCli(['draw', '-'], { stdin })).toMatchObject({
      status: 2,
      stderr: 'gpu-buddy: - has 2 allocators: choose one by --on: 0, 4\n',
    });
    const { stdout } = await runCli(['draw', '--on', '4', '-'], { stdin });
    expect(textsOf(stdout)).toContain('used: 4 KiB');
  });
});

describe('is refused, and draws nothing:', () => {
  test.each([
    [['--at', '7'], 'It must be a line of the trace, from 1 to 6'],
    [['--at', 'noon'], '--at takes a line number from 1 on, "peak", "end", "first-failure", not "noon"'],
    [['--at', '1'], '-: nothing is drawn after line 1: there is no allocator'],
    [['--as', 'pie'], '--as takes "map", "timeline", "orders", not "pie"'],
    [['--color-by', 'age'], '--color-by takes "state", "size", "label", not "age"'],
    [['--width', '5'], 'from 320 to 4096'],
    [['--on', '9'], '- has no allocator 9: choose one by --on: 0'],
    [['another.trace'], 'draw takes one TRACE'],
  ])('%j', async (args, message) => {
    const { status, stderr, texts } = await drawn(...args);
    expect([status, texts]).toEqual([2, ['']]);
    expect(stderr).toContain(message);
  });

  test.each([
    ['a trace without an allocator', '# nothing\n', [], 'there never is an allocator'],
    [
      'a failure where there is none',
      'init 0x1000 0x1000\n',
      ['--at', 'first-failure'],
      'no allocation fails',
    ],
    ['a peak where there is none', 'init 0x1000 0x1000\n', [], 'nothing is allocated'],
    [
      'a state that contradicts itself',
      '{"format":"gpu-buddy","version":1,"size":5}',
      [],
      'is no saved state',
    ],
  ])('%s', async (_, stdin, args, message) => {
    const { status, stdout, stderr } = await runCli(['draw', ...args, '-'], { stdin });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

describe('a report', () => {
  test('is written to a file, on several traces', async () => {
    writeFileSync(at('one.trace'), TRACE);
    const ran = await runCli(['report', '--title', 'Both', at('one.trace'), '-', '-o', at('report.html')], {
      stdin: TRACE,
    });
    expect(ran).toEqual({ status: 0, stdout: '', stderr: '' });
    const page = readFileSync(at('report.html'), 'utf8');
    expect([...page.matchAll(/<h[12][^>]*>([^<]*)</g)].map(([, name]) => name)).toEqual([
      'Both',
      'one',
      'standard input',
    ]);
  });

  test.each([
    [[], 'no TRACE is given'],
    [['-', '-'], '- can be read only once'],
    [['/none/of.trace'], '/none/of.trace'],
  ])('of %j is refused', async (args, message) => {
    const { status, stdout, stderr } = await runCli(['report', ...args], { stdin: TRACE });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test('of a trace without an allocator is refused', async () => {
    expect(await runCli(['report', '-'], { stdin: '# nothing\n' })).toMatchObject({
      status: 2,
      stderr: 'gpu-buddy: -: there never is an allocator\n',
    });
  });
});
