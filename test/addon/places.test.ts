// Which of the binaries in a package is loaded.
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { glibcVersion, libcOfProcess, libcOfProgram } from '../../lib/addon/libc';
import { findBinary } from '../../lib/addon/places';

const folder = mkdtempSync(join(tmpdir(), 'gpu-buddy-places-'));
const musl = { platform: 'linux', arch: 'arm64', libc: 'musl' };

function add(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), '');
  }
}

beforeEach(() => {
  rmSync(folder, { recursive: true });
  add('prebuilds/linux-arm64/gpu-buddy.glibc.node', 'prebuilds/linux-arm64/gpu-buddy.musl.node');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('of the binaries in a package', () => {
  test.each([
    { there: [], found: 'prebuilds/linux-arm64/gpu-buddy.musl.node' },
    { there: ['build/cmake/Debug/gpu_buddy.node'], found: 'build/cmake/Debug/gpu_buddy.node' },
    {
      there: ['build/Debug/gpu_buddy.node', 'build/cmake/Debug/gpu_buddy.node'],
      found: 'build/Debug/gpu_buddy.node',
    },
    {
      there: ['build/Debug/gpu_buddy.node', 'build/cmake/Release/gpu_buddy.node'],
      found: 'build/cmake/Release/gpu_buddy.node',
    },
    {
      there: ['build/cmake/Release/gpu_buddy.node', 'build/Release/gpu_buddy.node'],
      found: 'build/Release/gpu_buddy.node',
    },
    {
      there: ['build/Release/another.node', 'build/Release/gpu_buddy_test.node'],
      found: 'prebuilds/linux-arm64/gpu-buddy.musl.node',
    },
  ])('$found is loaded, with $there beside', ({ there, found }) => {
    add(...there);
    expect(findBinary(folder, musl)).toBe(join(folder, found));
  });

  test('none is loaded that is for another platform', () => {
    for (const other of [{ platform: 'darwin' }, { arch: 'x64' }, { platform: 'win32' }])
      expect(findBinary(folder, { ...musl, ...other })).toBeUndefined();
  });
});

describe('the C library', () => {
  test.each([
    ['/lib64/ld-linux-x86-64.so.2', 'glibc'],
    ['/nix/store/glibc-2.40/lib/ld-linux-aarch64.so.1', 'glibc'],
    ['/lib/ld-musl-aarch64.so.1', 'musl'],
    ['/lib64/ld64.so.2', undefined],
    ['', undefined],
  ])('of a program with the loader %j is %s', (loader, libc) => {
    expect(libcOfProgram(`\x7fELF\0\0${loader}\0`)).toBe(libc);
  });

  test('of this process is the one that its report names', () => {
    expect(libcOfProcess()).toBe(glibcVersion() === undefined ? 'musl' : 'glibc');
  });

  test('is read from a report whose options stay as they were', () => {
    const report = process.report as { excludeNetwork?: boolean };
    const { excludeNetwork } = report;
    glibcVersion();
    expect(report.excludeNetwork).toBe(excludeNetwork);
  });
});
