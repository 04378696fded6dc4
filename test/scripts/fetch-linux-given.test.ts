// GPU_BUDDY_LINUX as a kernel tree or an archive, good and bad.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BUDDY,
  cached,
  expectError,
  finished,
  HEADER,
  kernelFiles,
  kernelTree,
  PATHS,
  Sandbox,
  SCRIPTS,
  sha256,
  without,
} from './sandbox';

const FILES = kernelFiles('7.3.4');
const DONE = { vendor: FILES, cache: cached('7.3.4'), temp: {} };
const NOTHING = { vendor: {}, cache: {}, temp: {} };

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => {
  box.remove();
});

describe('a tree', () => {
  it('gives its files, and a record without the machine’s folders', async () => {
    expect(await box.fetchFrom(box.write(kernelTree('7.3.4'), 'linux'))).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(box.left()).toEqual(DONE);
    expect(box.origin()).toEqual({
      version: '7.3.4',
      source: 'kernel tree linux',
      verified: true,
      files: Object.fromEntries(PATHS.map((path) => [path, sha256(FILES[path] ?? '')])),
    });
  });

  const { Makefile = '' } = kernelTree('6.12.3');
  it.each([
    ['that is none', { 'README.md': 'hello' }, /linux has no .*: a whole kernel tree is needed/],
    [
      'that is too old',
      { Makefile },
      /\(Linux 6\.12\.3\) has no drivers\/gpu\/buddy\.c, .*: a whole kernel tree/,
    ],
    [
      'that is incomplete',
      without(kernelTree('7.3.4'), HEADER),
      `(Linux 7.3.4) has no ${HEADER}: a whole kernel tree`,
    ],
  ])('%s is refused', async (_name, files, message) => {
    expectError(await box.fetchFrom(box.write(files, 'linux')), message);
    expect(box.left()).toEqual(NOTHING);
  });

  it('whose files cannot be read is refused', async () => {
    mkdirSync(join(box.dir, 'linux/drivers/gpu'), { recursive: true });
    symlinkSync('buddy.c', join(box.dir, 'linux', BUDDY));
    expectError(
      await box.fetchFrom(join(box.dir, 'linux')),
      /cannot be read: drivers.gpu.buddy\.c: too many/,
    );
  });

  it('that the user may not enter is refused', async () => {
    const tree = box.write(kernelTree('7.3.4'), 'linux');
    chmodSync(tree, 0);
    chmodSync(box.dir, 0o755);
    // To root every folder is open.
    const program = `
      import { fetchLinux } from ${JSON.stringify(join(SCRIPTS, 'linux/fetch.mjs'))};
      if (process.getuid() === 0) process.setuid(65534);
      const options = { root: ${JSON.stringify(join(box.dir, 'package'))}, tests: false, timeout: 1 };
      await fetchLinux(options).catch(({ message }) => console.log(message));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env: box.env({ GPU_BUDDY_LINUX: tree }),
    });
    expect((await finished(child)).stdout).toMatch(/cannot be read: Makefile: permission denied/);
  });

  it.each([
    ['does not exist', 'nowhere', 'no such file'],
    ['is below a file', 'keyring.gpg/linux', 'not a directory'],
  ])('that %s is refused', async (_name, place, message) => {
    expectError(await box.fetchFrom(join(box.dir, place)), `which cannot be read: ${message}`);
  });
});

describe('an archive', () => {
  const formats = [
    ['tar', []],
    ['tar.xz', ['-J']],
    ['tar.gz', ['-z']],
    ['tar.bz2', ['-j']],
    ['tar.zst', ['--zstd']],
  ] as const;
  const tools: Record<string, string> = { 'tar.bz2': 'bzip2', 'tar.zst': 'zstd' };
  const hasTool = (name: string): boolean => {
    try {
      execFileSync('sh', ['-c', `command -v ${tools[name] ?? 'tar'}`]);
      return true;
    } catch {
      return false;
    }
  };

  it.each(formats.filter(([ending]) => hasTool(ending)))('as %s gives its files', async (ending, options) => {
    box.write(
      { ...kernelTree('7.3.4'), 'lib/Makefile': 'VERSION = 1', 'lib/drivers/gpu/buddy.c': 'no' },
      'linux-7.3.4',
    );
    const archive = box.pack('linux-7.3.4', `linux-7.3.4.${ending}`, options);
    expect(await box.fetchFrom(archive)).toMatchObject({
      code: 0,
      stdout: `vendor/linux/7.3 now holds Linux 7.3.4, from archive linux-7.3.4.${ending}.\n`,
    });
    expect(box.left()).toEqual(DONE);
  });

  it.each([
    ['with no top folder', ['Makefile', 'drivers', 'include']],
    ['of “.”', ['.']],
    ['of the files alone', ['drivers', 'include']],
  ])('%s gives its files', async (_name, members) => {
    const tree = box.write(kernelTree('7.3.4'), 'linux');
    const archive = join(box.dir, 'a.tar');
    execFileSync('tar', ['-c', '-C', tree, '-f', archive, ...members]);
    expect(await box.fetchFrom(archive)).toMatchObject({ code: 0 });
    expect(box.left()).toEqual(DONE);
  });

  it('tells the version of an unknown kernel', async () => {
    box.write(kernelTree('7.3.9'), 'linux');
    await box.fetchFrom(box.pack('linux', 'a.tar.gz', ['-z']), { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expect(box.origin()).toMatchObject({ version: '7.3.9', source: 'archive a.tar.gz', verified: false });
  });

  it.each([
    ['tar', []],
    ['tar.xz', ['-J']],
    ['tar.gz', ['-z']],
  ] as const)('that is a truncated %s is refused', async (ending, options) => {
    // The wanted files come first, so that only the end tells.
    box.write(kernelTree('7.3.4'), 'linux');
    const filler = Array.from({ length: 4096 }, (_, i) => sha256(String(i))).join('');
    box.write({ 'zzz/filler': filler }, 'linux');
    const archive = box.pack('linux', `a.${ending}`, ['--sort=name', ...options]);
    truncateSync(archive, readFileSync(archive).length - 100_000);
    expectError(
      await box.fetchFrom(archive),
      /a\.tar\S* is no archive of a kernel, or damaged: .*unexpected e/i,
    );
    expect(box.left()).toEqual(NOTHING);
  });

  it.each([
    ['without a kernel', { 'a/b': 'c' }, 'has no drivers/gpu/buddy.c'],
    [
      'of an old kernel',
      { Makefile: kernelTree('6.1.0')['Makefile'] ?? '' },
      '(Linux 6.1.0) has no drivers/gpu/buddy.c',
    ],
    ['with a changed file', { ...FILES, [BUDDY]: 'x' }, `${BUDDY} has SHA-256`],
  ])('%s is refused', async (_name, files, message) => {
    box.write(files, 'linux');
    expectError(await box.fetchFrom(box.pack('linux', 'a.tar.xz', ['-J'])), message);
    expect(box.left()).toEqual(NOTHING);
  });

  it.each([
    ['text', 'this is no archive'],
    ['empty', ''],
  ])('that is %s is refused', async (name, content) => {
    expectError(
      await box.fetchFrom(box.write({ [name]: content }) + `/${name}`),
      'not look like a tar archive',
    );
  });

  it('with links in place of files gives nothing of the machine', async () => {
    mkdirSync(join(box.dir, 'linux/drivers/gpu'), { recursive: true });
    writeFileSync(join(box.dir, 'secret'), 'x');
    symlinkSync(join(box.dir, 'secret'), join(box.dir, 'linux', BUDDY));
    expectError(await box.fetchFrom(box.pack('linux', 'a.tar')), 'it has links in place of the wanted files');
    expect(box.left()).toEqual(NOTHING);
  });

  it('needs tar and its helpers', async () => {
    box.write(FILES, 'linux');
    const archive = box.pack('linux', 'a.tar.xz', ['-J']);
    expectError(
      await box.fetchFrom(archive, { PATH: box.only('tar') }),
      'cannot be unpacked: xz is not installed',
    );
    expectError(await box.fetchFrom(archive, { PATH: box.temp }), 'cannot be unpacked: tar is not installed');
    expect(box.left()).toEqual(NOTHING);
  });
});
