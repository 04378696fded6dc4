// The command `gpu-buddy view`, with a page that says nothing in place of the built one: its options, and what it serves.
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { PageError } from '../../lib/local-server/page';
import { FrameReader, FrameType, jsonOf } from '../../lib/page/frames';
import { EffectsTable } from '../../lib/trace/effects/effects-table';
import { temporaryFolder } from '../support/temporary-folder';
import { runCli } from './fake-terminal';

const at = temporaryFolder();
const mockFindPage = jest.fn<() => string>();

jest.mock('../../lib/local-server/page', () => ({
  ...jest.requireActual<object>('../../lib/local-server/page'),
  findPage: () => mockFindPage(),
}));

const TRACE = [
  'buddy.new 0x8000 0x1000',
  'buddy.alloc 0 0x3000 label="<b>one</b>"',
  'buddy.alloc 1 0x8000',
  'blocks.free 0',
];

beforeAll(() => {
  mkdirSync(at('page'));
  writeFileSync(at('page/index.html'), '<!doctype html>');
  writeFileSync(at('run.trace'), `${TRACE.join('\n')}\n`);
  writeFileSync(at('tight.trace'), `${TRACE.join('\n').replace('1 0x8000', '1 0x5000')}\n`);
  writeFileSync(at('wrong.trace'), `${TRACE.join('\n')}\nblocks.free 7\n`);
  mockFindPage.mockImplementation(() => at('page'));
});

/** Opens the link of the command, asks for paths as the page does, and ends the command by a signal. */
async function ask(link: string, paths: readonly string[]): Promise<Buffer[]> {
  try {
    const { headers } = await fetch(link, { redirect: 'manual' });
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
    const answers = paths.map(async (path) => {
      const answer = await fetch(new URL(path, link), { headers: { cookie } });
      return Buffer.from(await answer.arrayBuffer());
    });
    return await Promise.all(answers);
  } finally {
    process.emit('SIGINT');
  }
}

async function visit(args: readonly string[], paths: readonly string[]) {
  let asked = Promise.resolve<Buffer[]>([]);
  const onStdout = (link: string): void => {
    asked = ask(link.trim(), paths);
  };
  const ran = await runCli(['view', ...args], { onStdout });
  return { ...ran, answers: await asked };
}

/** The table of the effects in an answer, and how it ends. */
function read(answer: Buffer | undefined): { table: EffectsTable; ending: unknown } {
  const table = new EffectsTable();
  let ending: unknown;
  for (const frame of new FrameReader().read(answer ?? Buffer.alloc(0))) {
    if (frame.type === FrameType.EFFECTS) table.append(frame.payload);
    if (frame.type === FrameType.COMPLETE) ending = 'complete';
    if (frame.type === FrameType.FAILED) ending = jsonOf(frame);
  }
  return { table, ending };
}

describe('gpu-buddy view', () => {
  test('serves a recording until a signal ends it', async () => {
    const { status, stdout, stderr, answers } = await visit(
      [at('run.trace')],
      ['session', 'effects/0', './'],
    );
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=\S+\n$/),
    ]);
    expect(stderr).toContain('Ctrl-C');
    expect(JSON.parse(String(answers[0]))).toEqual({
      protocol: 1,
      kind: 'file',
      sources: [{ name: 'run' }],
    });
    const { table, ending } = read(answers[1]);
    expect(ending).toBe('complete');
    expect([table.steps.length, table.failures.length, table.blocks.length]).toEqual([4, 1, 2]);
    expect(table.texts).toContain('<b>one</b>');
    expect(String(answers[2])).toBe('<!doctype html>');
  });

  test('serves one recording under two policies', async () => {
    const { status, answers } = await visit(
      ['--mode', 'simple', '--min-block-size', '4K,16K', at('tight.trace')],
      ['session', 'effects/0', 'effects/1'],
    );
    expect(status).toBe(0);
    expect(JSON.parse(String(answers[0]))).toMatchObject({
      sources: [
        { name: 'tight', policy: 'simple, blocks of at least 4 KiB, 32 KiB' },
        { name: 'tight', policy: 'simple, blocks of at least 16 KiB, 32 KiB' },
      ],
    });
    expect(answers.slice(1).map((answer) => read(answer).table.failures.length)).toEqual([0, 1]);
  });

  test('tells the page and the user where a recording is wrong', async () => {
    const { status, stderr, answers } = await visit([at('wrong.trace')], ['effects/0']);
    const { table, ending } = read(answers[0]);
    expect([status, table.steps.length]).toEqual([2, 4]);
    expect(ending).toEqual({
      code: 'ERR_GPU_BUDDY_TRACE',
      message: expect.stringContaining('there is no list 7'),
    });
    expect(stderr).toContain('there is no list 7');
  });

  test.each<[why: string, args: readonly string[]]>([
    ['no TRACE is given', []],
    ['two maps can be shown', ['a', 'b', 'c']],
    ['two maps can be shown', ['--mode', 'simple,range', 'a', 'b']],
    ['standard input (-) can be read only once', ['-', '-']],
    ['--on needs a policy', ['--on', '1', 'a']],
    ['--port takes a number up to 65535', ['--port', '65536', 'a']],
    ['--port takes a number from 1 on', ['--port', '0', 'a']],
    ['--mode takes simple', ['--mode', 'wild', 'a']],
    ['--size takes sizes', ['--size', 'large', 'a']],
    ["Unknown option '--nothing'", ['--nothing', 'a']],
  ])('says that %s', async (why, args) => {
    const { status, stdout, stderr } = await runCli(['view', ...args]);
    expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining(why)]);
  });

  test('names a file that is not there, before it serves anything', async () => {
    const { status, stdout, stderr } = await runCli(['view', at('none.trace')]);
    expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining('none.trace')]);
  });

  test('says how the page is got, where it is not there', async () => {
    mockFindPage.mockImplementationOnce(() => {
      throw new PageError('Install it: npm install @gpu-buddy/web');
    });
    const { status, stderr } = await runCli(['view', at('run.trace')]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('npm install @gpu-buddy/web')]);
    expect(stderr).toContain('ERR_GPU_BUDDY_NO_PAGE');
  });
});
