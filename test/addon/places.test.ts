// Tests which of the binaries in a package is loaded.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { glibcVersion, libcOfProcess, libcOfProgram } from '../../lib/addon/libc';
import { binariesIn, findBinaries } from '../../lib/addon/places';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const musl = { platform: 'linux', arch: 'arm64', libc: 'musl' };

function add(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(folder(name)), { recursive: true });
    writeFileSync(folder(name), '');
  }
}

beforeEach(() => {
  for (const name of readdirSync(folder())) rmSync(folder(name), { recursive: true });
  add('prebuilds/linux-arm64/gpu-buddy.glibc.node', 'prebuilds/linux-arm64/gpu-buddy.musl.node');
});

const PREBUILT = ['prebuilds/linux-arm64/gpu-buddy.musl.node', 'prebuilds/linux-arm64/gpu-buddy.glibc.node'];

describe('the binaries in a package', () => {
  test.each([
    { there: [], found: PREBUILT },
    { there: ['build/cmake/Debug/gpu_buddy.node'], found: ['build/cmake/Debug/gpu_buddy.node'] },
    {
      there: ['build/Debug/gpu_buddy.node', 'build/cmake/Debug/gpu_buddy.node'],
      found: ['build/Debug/gpu_buddy.node'],
    },
    {
      there: ['build/Debug/gpu_buddy.node', 'build/cmake/Release/gpu_buddy.node'],
      found: ['build/cmake/Release/gpu_buddy.node'],
    },
    {
      there: ['build/cmake/Release/gpu_buddy.node', 'build/Release/gpu_buddy.node'],
      found: ['build/Release/gpu_buddy.node'],
    },
    { there: ['build/Release/another.node', 'build/Release/gpu_buddy_test.node'], found: PREBUILT },
  ])('$found are tried, with $there beside', ({ there, found }) => {
    add(...there);
    expect(binariesIn(folder(), musl)).toEqual(found.map((name) => folder(name)));
  });

  test('the one for the C library of the process is tried first', () => {
    expect(binariesIn(folder(), { ...musl, libc: 'glibc' })).toEqual(
      PREBUILT.toReversed().map((name) => folder(name)),
    );
  });

  test('none is tried that is for another platform', () => {
    for (const other of [{ platform: 'darwin' }, { arch: 'x64' }, { platform: 'win32' }])
      expect(binariesIn(folder(), { ...musl, ...other })).toEqual([]);
  });
});

describe('code in a bundle', () => {
  const code = () => folder('out', 'server');
  const find = () => findBinaries(code(), musl).map((file) => relative(folder(), file));
  const PACKAGE = 'out/server/node_modules/gpu-buddy';

  test.each([
    { there: ['out/server/gpu-buddy.musl.node'], found: ['out/server/gpu-buddy.musl.node'] },
    { there: [`out/server/${PREBUILT[0] ?? ''}`], found: [`out/server/${PREBUILT[0] ?? ''}`] },
  ])('$found beside it comes before the package', ({ there, found }) => {
    add(...there, `${PACKAGE}/${PREBUILT[0] ?? ''}`, 'build/Release/gpu_buddy.node');
    writeFileSync(folder(PACKAGE, 'package.json'), '{}');
    expect(find()).toEqual(found);
  });

  test('the package is found that a program there would load', () => {
    rmSync(folder('prebuilds'), { recursive: true });
    add(`${PACKAGE}/${PREBUILT[0] ?? ''}`, `${PACKAGE}/package.json`);
    writeFileSync(folder(PACKAGE, 'package.json'), '{}');
    expect(find()).toEqual([`${PACKAGE}/${PREBUILT[0] ?? ''}`]);
  });

  test('nothing is found where there is nothing', () => {
    rmSync(folder('prebuilds'), { recursive: true });
    expect(find()).toEqual([]);
  });
});

describe('the C library', () => {
  test.each([
    ['/lib64/ld-linux-x86-64.so.2', 'glibc'],
    ['/nix/store/glibc-2.40/lib/ld-linux-aarch64.so.1', 'glibc'],
    ['/lib/ld-musl-aarch64.so.1', 'musl'],
    ['/lib64/ld64.so.2', undefined],
    ['', undefined],
  ])('is that of the loader: %j means %s', (loader, libc) => {
    expect(libcOfProgram(`\x7fELF\0\0${loader}\0`)).toBe(libc);
  });

  test('is the one that the report of this process names', () => {
    expect(libcOfProcess()).toBe(glibcVersion() === undefined ? 'musl' : 'glibc');
  });

  test('is read from a report whose options stay as they were', () => {
    const report = process.report as { excludeNetwork?: boolean };
    const { excludeNetwork } = report;
    glibcVersion();
    expect(report.excludeNetwork).toBe(excludeNetwork);
  });
});
