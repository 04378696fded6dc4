// The commands that help where no addon loads, run on a package in a folder of its own: what the tarball holds, less binaries.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { Manifest } from '../../scripts/linux/manifest.mjs';
import { BarePackage } from '../support/bare-package';
import { permissionFlag } from '../support/permission-flag';

const root = join(__dirname, '..', '..');
let bare: BarePackage;
const at = (name: string) => join(bare.folder, name);

beforeAll(() => {
  bare = new BarePackage('native', 'vendor/linux', 'vendor/node-api');
  mkdirSync(at('empty'));
});
afterAll(() => {
  bare[Symbol.dispose]();
});

function cli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, at('dist/cli/main.js'), ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, GPU_BUDDY_ADDON: '', CC: '', CXX: '', ...env },
    },
  );
  return { status, stdout, stderr };
}

describe('without an addon', () => {
  test('there is help', () => {
    for (const args of [['--help'], ['build', '--help'], ['doctor', '--help']])
      expect(cli(args)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^Usage: /) });
  });

  test('the doctor says what it knows, and what can be done', () => {
    const { status, stdout, stderr } = cli(['doctor']);
    expect(status).toBe(2);
    expect(stdout).toMatch(/^gpu-buddy +\d+\.\d+\.\d+\nplatform +\S+-\S+, .*Node /);
    expect(stderr).toMatch(/^gpu-buddy has no binary that runs here/);
    expect(stderr).toContain('npx gpu-buddy build');
  });

  test('other commands say the same', () => {
    for (const args of [['--version'], ['replay', '-']])
      expect(cli(args)).toMatchObject({ status: 2, stderr: expect.stringContaining('npx gpu-buddy build') });
  });

  test.each(['doctor', 'build'])('%s takes no arguments', (command) => {
    expect(cli([command, 'x'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^gpu-buddy: Unexpected argument 'x'\n/),
    });
  });

  test('without a compiler, the build says what to install', () => {
    const { status, stderr } = cli(['build'], { PATH: at('empty') });
    expect(status).toBe(2);
    expect(stderr).toContain(
      'there is no C compiler (cc, gcc, clang) and no C++ compiler (c++, g++, clang++).\nInstall',
    );
    expect(stderr).toContain('apt-get install g++');
    expect(existsSync(at('build/Release/gpu_buddy.node'))).toBe(false);
  });

  test('a compiler that fails is quoted, and leaves nothing behind', () => {
    const compiler = at('compiler');
    const script =
      'if [ "$1" = --version ]; then echo "compiler 1"; else echo "out of paper" >&2; exit 1; fi';
    writeFileSync(compiler, `#!/bin/sh\n${script}\n`);
    chmodSync(compiler, 0o755);
    const { status, stderr } = cli(['build'], { CC: compiler, CXX: compiler });
    expect(status).toBe(2);
    expect(stderr).toContain('a compiler failed.\n');
    expect(stderr).toContain('out of paper');
    expect(readdirSync(at('build/Release'))).toEqual([]);
  });
});

describe('with an addon that was built from the sources in the package', () => {
  let build: ReturnType<typeof cli>;
  beforeAll(() => {
    build = cli(['build']);
  });
  afterAll(() => {
    rmSync(at('build'), { recursive: true });
  });

  test('the build has left that file, and nothing else', () => {
    expect(build).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('Built build/Release/gpu_buddy.node'),
    });
    expect(readdirSync(at('build/Release'))).toEqual(['gpu_buddy.node']);
  });

  test('the tests of the doctor pass', () => {
    const source = readFileSync(join(Manifest.read(root).folder, 'drivers/gpu/buddy.c'));
    const { status, stdout } = cli(['doctor']);
    expect(stdout).toContain('addon       build/Release/gpu_buddy.node (');
    expect(stdout).toMatch(/^kernel +drivers\/gpu\/buddy\.c of Linux \d+\.\d+/m);
    expect(stdout).toContain(`SHA-256 ${createHash('sha256').update(source).digest('hex')}\n`);
    expect(stdout).toContain('faults to inject: no');
    expect(stdout.match(/: passed$/gm)).toHaveLength(3);
    expect(status).toBe(0);
  });

  test('the doctor leaves out what takes a thread where none may be started', () => {
    const { status, stdout } = cli(['doctor'], {}, [
      ...[permissionFlag, '--allow-addons', `--allow-fs-read=${at('*')}`],
      `--allow-fs-read=${join(root, '*')}`,
    ]);
    expect(stdout.match(/: passed$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/: left out: a thread takes --allow-worker\n$/);
    expect(status).toBe(0);
  });
});
