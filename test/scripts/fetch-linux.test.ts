// Tests which source `fetch-linux` takes, what it leaves behind, and what it never does.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BUDDY,
  cached,
  expectError,
  finished,
  HEADER,
  kernelFiles,
  kernelTree,
  KUNIT,
  PATHS,
  Sandbox,
  sha256,
  without,
  spdxLine,
} from './sandbox';
import { installText } from '../../lib/addon/install-text';

const NEW = kernelFiles('7.3.4');
const OLD = kernelFiles('7.3.2');

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => {
  box.remove();
});

describe('vendor/linux that is right', () => {
  it('is left alone', async () => {
    box.write(NEW, 'package/vendor/linux/7.3');
    expect(await box.fetch()).toEqual({
      code: 0,
      stdout: 'vendor/linux/7.3 already holds Linux 7.3.4, from an unrecorded source.\n',
      stderr: '',
    });
    expect(box.left()).toEqual({ vendor: NEW, cache: {}, temp: {} });
  });

  it('may be an older version that the manifest knows', async () => {
    box.write(OLD, 'package/vendor/linux/7.3');
    expect((await box.fetch()).stdout).toContain('already holds Linux 7.3.2');
  });

  it('may lack the tests, unless they are asked for', async () => {
    box.write(without(NEW, KUNIT), 'package/vendor/linux/7.3');
    expect(await box.fetch()).toMatchObject({ code: 0, stderr: '' });
    expectError(await box.fetch(['--tests']), `it has no ${KUNIT}`);
  });

  it('yields to GPU_BUDDY_LINUX', async () => {
    box.write(OLD, 'package/vendor/linux/7.3');
    const tree = box.write(kernelTree('7.3.4'), 'tree');
    expect((await box.fetchFrom(tree)).stdout).toBe(
      'vendor/linux/7.3 now holds Linux 7.3.4, from kernel tree tree.\n',
    );
    expect(box.left()).toEqual({ vendor: NEW, cache: cached('7.3.4'), temp: {} });
  });
});

describe('vendor/linux that is wrong', () => {
  it.each([
    ['mixes two versions', { ...NEW, [HEADER]: OLD[HEADER] ?? '' }],
    ['was edited', { ...NEW, [BUDDY]: `${NEW[BUDDY] ?? ''}/* mine */` }],
    ['was cut short', { ...NEW, [KUNIT]: '' }],
    ['lacks a file', { [BUDDY]: NEW[BUDDY] ?? '' }],
  ])('is fetched again when it %s', async (_, files) => {
    box.write(files, 'package/vendor/linux/7.3');
    box.write(NEW, 'cache/gpu-buddy/linux-7.3.4');
    expect((await box.fetch()).stdout).toContain('now holds Linux 7.3.4');
    expect(box.left().vendor).toEqual(NEW);
  });

  it('keeps what it has when nothing better is found', async () => {
    const files = { ...NEW, [HEADER]: OLD[HEADER] ?? '' };
    box.write(files, 'package/vendor/linux/7.3');
    expectError(await box.fetch(), 'neither known to vendor/linux.json');
    expect(box.left()).toEqual({ vendor: files, cache: {}, temp: {} });
  });
});

describe('the cache', () => {
  it('is filled by a fetch and spares the next one', async () => {
    await box.fetchFrom(box.write(kernelTree('7.3.4'), 'tree'));
    rmSync(box.vendor, { recursive: true });
    expect(await box.fetch()).toEqual({
      code: 0,
      stdout: 'vendor/linux/7.3 now holds Linux 7.3.4, from kernel tree tree.\n',
      stderr: '',
    });
    expect(box.left()).toEqual({ vendor: NEW, cache: cached('7.3.4'), temp: {} });
  });

  it('is not asked when GPU_BUDDY_LINUX is set, even in vain', async () => {
    box.write(NEW, 'cache/gpu-buddy/linux-7.3.4');
    expectError(await box.fetchFrom(join(box.dir, 'nowhere')), /GPU_BUDDY_LINUX names .*nowhere/);
    expect(box.left().vendor).toEqual({});
  });

  it('gives the newest version', async () => {
    box.write(OLD, 'cache/gpu-buddy/linux-7.3.2');
    box.write(NEW, 'cache/gpu-buddy/linux-7.3.4');
    expect((await box.fetch()).stdout).toContain('Linux 7.3.4');
  });

  it('is of no use when damaged, and is mended by the next fetch', async () => {
    box.write({ ...NEW, [BUDDY]: '' }, 'cache/gpu-buddy/linux-7.3.4');
    expectError(await box.fetch(), 'holds no usable files');
    await box.fetchFrom(box.write(kernelTree('7.3.4'), 'tree'));
    expect(box.left().cache).toEqual(cached('7.3.4'));
  });

  it('lies in ~/.cache without XDG_CACHE_HOME', async () => {
    box.write(NEW, 'home/.cache/gpu-buddy/linux-7.3.4');
    expect(await box.fetch([], { XDG_CACHE_HOME: undefined })).toMatchObject({ code: 0 });
  });

  it('may be unwritable', async () => {
    const env = { XDG_CACHE_HOME: box.keyring };
    const result = await box.fetchFrom(box.write(NEW, 'tree'), env);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stderr).toMatch(/^Warning: The cache stays empty: .* cannot be written/);
  });
});

describe('a kernel that the manifest does not know', () => {
  const unknown = kernelFiles('7.3.9');

  it('is refused, with the file, its hash and the hashes expected', async () => {
    const result = await box.fetchFrom(box.write({ ...kernelTree('7.3.4'), [HEADER]: 'x' }, 'tree'));
    expectError(
      result,
      'kernel tree tree (Linux 7.3.4)',
      `${HEADER} has SHA-256 ${sha256('x')}`,
      `expected ${sha256(NEW[HEADER] ?? '')} (Linux 7.3.4) or ${sha256(OLD[HEADER] ?? '')} (Linux 7.3.2)`,
      'GPU_BUDDY_ALLOW_UNVERIFIED=1',
    );
    expect(box.left()).toEqual({ vendor: {}, cache: {}, temp: {} });
  });

  it('is refused when its files are known but of different versions', async () => {
    const tree = box.write({ ...NEW, [HEADER]: OLD[HEADER] ?? '' }, 'tree');
    expectError(await box.fetchFrom(tree), 'its files belong to different versions');
  });

  it('leaves what was there as it was', async () => {
    await box.fetchFrom(box.write(kernelTree('7.3.4'), 'tree'));
    const before = [box.left(), box.origin()];
    expectError(await box.fetchFrom(box.write({ [KUNIT]: 'x' }, 'tree')));
    expect([box.left(), box.origin()]).toEqual(before);
  });

  it('is used with a warning if the user allows it, and stays used; the cache does not keep it', async () => {
    const tree = box.write(kernelTree('7.3.9'), 'tree');
    const result = await box.fetchFrom(tree, { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expect(result).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Warning: .*\(Linux 7.3.9\)/) });
    expect(box.left()).toEqual({ vendor: unknown, cache: {}, temp: {} });
    expect(box.origin()).toEqual({
      version: '7.3.9',
      source: 'kernel tree tree',
      verified: false,
      files: Object.fromEntries(PATHS.map((path) => [path, sha256(unknown[path] ?? '')])),
    });
    expect((await box.fetch()).stdout).toBe(
      'vendor/linux/7.3 already holds Linux 7.3.9 (not known to vendor/linux.json), from kernel tree tree.\n',
    );
  });

  it('is of unknown version without a Makefile', async () => {
    await box.fetchFrom(box.write(unknown, 'tree'), { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expect(box.origin()).toMatchObject({ version: 'unknown' });
  });

  it('is never used under another licence', async () => {
    const tree = box.write({ ...unknown, [BUDDY]: spdxLine('GPL-2.0') }, 'tree');
    const result = await box.fetchFrom(tree, { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expectError(result, `${BUDDY} does not begin with "SPDX-License-Identifier: MIT"`);
    expect(box.left().vendor).toEqual({});
  });

  it('in the cache is not used', async () => {
    const files = Object.fromEntries(PATHS.map((path) => [path, sha256(unknown[path] ?? '')]));
    const origin = JSON.stringify({ version: '7.3.4', source: 'Debian', verified: false, files });
    box.write({ ...unknown, 'origin.json': origin }, 'cache/gpu-buddy/linux-7.3.4');
    expectError(await box.fetch([], { GPU_BUDDY_ALLOW_UNVERIFIED: '1' }), 'holds no usable files');
  });

  it('is refused if it is of another series, even if the user allows it', async () => {
    const tree = box.write(kernelTree('7.4.1'), 'tree');
    const result = await box.fetchFrom(tree, { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expectError(
      result,
      /kernel tree tree holds Linux 7\.4\.1, and \S+ is for Linux 7\.3\./,
      'npm run oracle -- parity',
    );
    expect(box.left()).toEqual({ vendor: {}, cache: {}, temp: {} });
  });
});

describe('without any source', () => {
  it('one error says what was tried and what to do', async () => {
    expectError(
      await box.fetch(),
      /vendor.linux.7\.3: it has no drivers\/gpu\/buddy\.c/,
      /Cache: .*gpu-buddy holds no usable files/,
      /Debian's package: E: there is no network/,
      /Public trees: vendor\/linux\.json names none/,
      /get linux-7\.3\.4\.tar\.xz .* set GPU_BUDDY_LINUX to it/,
    );
    expect(box.left()).toEqual({ vendor: {}, cache: {}, temp: {} });
  });

  it('the error says what to install where no archive can be unpacked', async () => {
    const install = installText(['archives']);
    expectError(await box.fetch([], { PATH: box.bin }), install);
    expect((await box.fetch()).stderr).not.toContain(install);
  });

  it('GPU_BUDDY_OFFLINE=1 forbids apt, public trees and URLs', async () => {
    box.program('apt-get', `touch "${box.temp}/called"`);
    box.publish('https://mirror.invalid/linux');
    const env = { GPU_BUDDY_OFFLINE: '1' };
    const result = await box.fetch([], env);
    expectError(result, 'unset GPU_BUDDY_OFFLINE');
    expect(result.stderr).not.toMatch(/Asking|Reading|mirror\.invalid/);
    expectError(
      await box.fetchFrom('https://mirror.invalid/linux', env),
      'which GPU_BUDDY_OFFLINE=1 forbids',
    );
    expect(box.left()).toEqual({ vendor: {}, cache: {}, temp: {} });
    box.write(NEW, 'cache/gpu-buddy/linux-7.3.4');
    expect(await box.fetch([], env)).toMatchObject({ code: 0 });
  });

  it('a temporary folder that cannot be used is named', async () => {
    expectError(await box.fetch([], { TMPDIR: box.keyring }), /keyring\.gpg/);
  });

  it('a missing manifest is named', async () => {
    expectError(await box.fetch(['--root', box.temp]), /linux\.json cannot be read: no such file/);
  });

  it.each([
    ['--nonsense', "Unknown option '--nonsense'"],
    ['--timeout=soon', '--timeout takes seconds, not "soon"'],
  ])('%s is refused', async (option, message) => {
    expectError(await box.fetch([option]), message);
  });
});

describe('nothing is ever half-written', () => {
  it('when a file cannot be put in place', async () => {
    mkdirSync(join(box.vendor, HEADER, 'in the way'), { recursive: true });
    expectError(await box.fetchFrom(box.write(NEW, 'tree')), 'cannot be written');
    expect(readdirSync(box.vendor).sort()).toEqual(['drivers', 'include']);
    expect(box.left().vendor).toEqual({ [BUDDY]: NEW[BUDDY], [`${HEADER}/in the way/`]: '' });
  });

  it('when several fetches run at once', async () => {
    const tree = box.write(kernelTree('7.3.4'), 'tree');
    const results = await Promise.all([1, 2, 3, 4].map(async () => box.fetchFrom(tree)));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(box.left()).toEqual({ vendor: NEW, cache: cached('7.3.4'), temp: {} });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('when %s ends it, and its commands end too', async (signal) => {
    const pipe = join(box.dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    box.program(
      'apt-get',
      `exec 9>"${pipe}"; echo started >&9; touch "$TMPDIR"/gpu-buddy-*/half; exec sleep 1000`,
    );
    const child = box.start();
    const result = finished(child);
    // The pipe ends when the last of the commands has.
    for await (const word of createReadStream(pipe, 'utf8')) {
      expect(word).toBe('started\n');
      child.kill(signal);
    }
    expect(await result).toMatchObject({ code: null });
    expect(child.signalCode).toBe(signal);
    expect(box.left()).toEqual({ vendor: {}, cache: {}, temp: {} });
  });
});

describe('version.mjs', () => {
  it.each([
    ['the manifest’s version of known files', NEW, '7.3.4'],
    ['unknown for files that are not known', { ...NEW, [BUDDY]: 'x' }, 'unknown'],
  ])('prints %s', async (_, files, version) => {
    box.write(files, 'package/vendor/linux/7.3');
    expect(await box.version()).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('prints what origin.json records, as long as the files are those', async () => {
    await box.fetchFrom(box.write(kernelTree('7.3.9'), 'tree'), { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expect((await box.version()).stdout).toBe('7.3.9\n');
    writeFileSync(join(box.vendor, BUDDY), 'edited');
    expect((await box.version()).stdout).toBe('unknown\n');
  });

  it('fails when there is nothing', async () => {
    const result = await box.version();
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('vendor/linux/7.3: it has no drivers/gpu/buddy.c');
  });
});
