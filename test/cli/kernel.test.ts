// The option --kernel, in a package of its own that has two other kernels beside it: 9.9 answers as the one that is built in, and 9.8
// has space for nothing.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { binariesIn } from '../../lib/addon/places';
import { kernelVersion } from '../../lib/native';
import { BarePackage } from '../support/bare-package';

const root = join(__dirname, '..', '..');
const [series = ''] = /^\d+\.\d+/.exec(kernelVersion) ?? [];
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** Fails every allocation, and measures as ever. */
const NO_SPACE = `
const { measurePolicy } = require('../../../../dist/trace/index.js');
process.once('message', ({ workload, policy }) => {
  const outcomes = new Uint8Array(workload.length).fill(1);
  const answers = { outcomes, places: new Float64Array(workload.length) };
  process.send({ measures: measurePolicy(workload, policy), answers }, () => process.disconnect());
});
`;
/** Answers the first line, and no more. */
const ONE_LINE = "process.stdout.write('0 avail=0x8000 clear_avail=0x0\\n');";
const TRACE = ['init 0x8000 0x1000', 'alloc 1 0x0 0x8000 0x1000 0x1000 0x0', 'free 1 0x0', ''].join('\n');

let bare: BarePackage;
const at = (name: string) => join(bare.folder, name);

function write(name: string, content: string): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
}

function cli(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('dist/cli/main.js'), ...args], {
    cwd: bare.folder,
    encoding: 'utf8',
    env: { ...process.env, GPU_BUDDY_ADDON: '' },
  });
  return { status, stdout: stdout.replaceAll(/\d+\.\d{3} s$/gm, '- s'), stderr };
}

beforeAll(() => {
  bare = new BarePackage();
  const [addon = ''] = binariesIn(root);
  for (const folder of ['', 'packages/linux-9.9/', 'packages/linux-9.8/', 'packages/linux-9.7/'])
    cpSync(addon, at(`${folder}build/Release/gpu_buddy.node`), { recursive: true });
  cpSync(join(root, 'dist'), at('packages/linux-9.9/dist'), { recursive: true });
  write('packages/linux-9.9/package.json', JSON.stringify({ version, linux: '9.9.1' }));
  write('packages/linux-9.8/package.json', JSON.stringify({ version, linux: '9.8.7' }));
  write('packages/linux-9.8/dist/cli/kernel-child.js', NO_SPACE);
  write('packages/linux-9.8/dist/cli/main.js', ONE_LINE);
  write('packages/linux-9.7/package.json', JSON.stringify({ version: '0.0.1', linux: '9.7.1' }));
  write('run.trace', TRACE);
  write('run.expected', cli('replay', 'run.trace').stdout);
  write('own.trace', 'gpu-buddy-trace 2\nbuddy.new 0x8000 0x1000\nbuddy.alloc 1 0x1000\nblocks.free 1\n');
});
afterAll(() => {
  bare[Symbol.dispose]();
});

describe('compare', () => {
  test('has a row a kernel, and tells where each parts from the first', () => {
    const { status, stdout, stderr } = cli('compare', '--kernel', `${series},9.9,9.8`, 'own.trace');
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 4).map((line) => line.split(/ +/).slice(0, 3))).toEqual([
      ['kernel', 'trace', 'mode'],
      [kernelVersion, 'own', 'simple'],
      ['9.9.1', 'own', 'simple'],
      ['9.8.7', 'own', 'simple'],
    ]);
    expect(lines.slice(5)).toEqual([
      `own simple in 32 KiB: Linux ${kernelVersion} and Linux 9.9.1: 2 requests, all the same`,
      '',
      `own simple in 32 KiB: Linux ${kernelVersion} and Linux 9.8.7, 2 requests in common:`,
      '  first with another outcome: request 1 (line 3)',
      `  failed in Linux ${kernelVersion} alone: 0; in Linux 9.8.7 alone: 2`,
      '',
    ]);
  });

  test('says it in JSON, too', () => {
    const { stdout } = cli(
      'compare',
      '--json',
      '--kernel',
      `9.9,${series}`,
      '--mode',
      'simple,range',
      'own.trace',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      rows: ['simple', 'range'].flatMap((mode) =>
        ['9.9.1', kernelVersion].map((kernel) => ({ kernel, mode })),
      ),
      divergences: ['simple', 'range'].map((mode) => ({
        mode,
        kernels: ['9.9.1', kernelVersion],
        compared: 2,
        placedElsewhere: 0,
      })),
    });
  });
});

describe('fit', () => {
  test('names the kernel of each answer', () => {
    const { status, stdout } = cli('fit', '--json', `--kernel=9.9,${series}`, 'own.trace');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { kernel: '9.9.1', size: 0x1000 },
      { kernel: kernelVersion, size: 0x1000 },
    ]);
    expect(cli('fit', '--kernel', '9.9', 'own.trace').stdout).toContain(
      'own simple on Linux 9.9.1: fits in 4,096 bytes (4 KiB)',
    );
  });
});

describe('replay', () => {
  test('on one kernel it is as without', () => {
    expect(cli('replay', '--kernel', '9.9', 'run.trace')).toEqual(cli('replay', 'run.trace'));
  });

  test('of several, each is compared with the first', () => {
    expect(cli('replay', '--kernel', `${series},9.9`, 'run.trace')).toEqual({
      status: 0,
      stdout: `Linux 9.9.1, compared with Linux ${kernelVersion}:\nrun: 3 lines, 3 identical, 0 different\n`,
      stderr: '',
    });
    const { status, stdout } = cli('replay', '--kernel', `9.8,${series}`, 'run.trace');
    expect(status).toBe(1);
    expect(stdout).toContain('run: 3 lines, 1 identical, 2 different');
  });

  test('of several, each is compared with what was recorded', () => {
    expect(cli('replay', '--kernel', `${series},9.9`, '--check', 'run.expected', 'run.trace').stdout).toBe(
      [kernelVersion, '9.9.1']
        .map((kernel) => `Linux ${kernel}:\nrun: 3 lines, 3 identical, 0 different\n`)
        .join(''),
    );
  });
});

test.each([
  [
    'a kernel that is not here',
    '6.99',
    /no allocator of Linux 6\.99 .*\n.*\n.*npm install @gpu-buddy\/linux-6\.99@/,
  ],
  ['one of another release of gpu-buddy', '9.7', /linux-9\.7 is of gpu-buddy 0\.0\.1, and this is gpu-buddy/],
  ['what is no series', '9.9.1', /--kernel takes series such as 6\.12,7\.3, each once, not "9\.9\.1"/],
  ['the same one twice', '9.9,9.9', /not "9\.9"/],
])('%s is refused', (_, kernels, message) => {
  for (const command of ['replay', 'fit', 'compare'])
    expect(cli(command, '--kernel', kernels, 'run.trace')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
});

test('standard input is for one kernel', () => {
  expect(cli('compare', '--kernel', `9.9,${series}`, '-').stderr).toContain('and - can be read only once');
});

test('what is drawn or summed up takes recorded answers, with several kernels', () => {
  expect(cli('replay', '--summary', '--kernel', `9.9,${series}`, 'run.trace').stderr).toContain(
    'without --check, the answers of several kernels are compared',
  );
});
