// Tests the message that a user reads if no binary of the addon loads.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noBinary } from '../../lib/addon/load-error';
import { prebuiltFor } from '../../lib/addon/places';
import { thisPlatform } from '../../lib/addon/platform';
import { builtAddon as addon } from '../support/built-addon';
import { BarePackage } from '../support/bare-package';
import { permissionFlag } from '../support/permission-flag';

let bare: BarePackage;
let folder = '';

beforeAll(() => {
  bare = new BarePackage();
  ({ folder } = bare);
});
afterAll(() => {
  bare[Symbol.dispose]();
});

describe('without a binary', () => {
  test('the error names the platform, what was looked for, and the ways out', () => {
    const { code, message } = bare.load();
    const { platform, arch, libc } = thisPlatform();
    expect(code).toBe('ERR_GPU_BUDDY_NO_BINARY');
    expect(message).toContain(
      `${platform}-${arch}, ${libc ?? ''}, Node ${process.versions.node} (ABI ${process.versions.modules})`,
    );
    const prebuilt = `prebuilds/${platform}-${arch}/gpu-buddy.${libc?.split(' ')[0] ?? ''}.node`;
    expect(message).toContain('build/Release/gpu_buddy.node: the folder is not there\n');
    expect(message).toContain(`${prebuilt}: the folder is not there\n`);
    expect(message).toContain('npx gpu-buddy build');
    expect(message).toContain('glibc 2.28 or newer, or musl');
  });

  test('a file that does not load is named, with the reason', () => {
    const file = join(folder, 'build', 'Release', 'gpu_buddy.node');
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
    writeFileSync(file, 'no binary');
    try {
      const { code, message } = bare.load();
      expect(code).toBe('ERR_GPU_BUDDY_NO_BINARY');
      expect(message).toContain(`Found ${file}, which does not load:`);
      expect(message).toMatch(/file too short|invalid ELF header|not a mach-o file/);
      expect(message).toContain('npx gpu-buddy build');
    } finally {
      rmSync(join(folder, 'build'), { recursive: true });
    }
  });

  test('the binary for the other C library is tried where the right one does not load', () => {
    const { platform, arch } = process;
    const [right, other = ''] = prebuiltFor({ platform, arch });
    using _other = bare.withFile(other, addon);
    expect(bare.load()).toEqual({ kernelVersion: expect.stringMatching(/^\d+\.\d+/) });
    writeFileSync(join(folder, right), 'no binary');
    expect(bare.load()).toEqual({ kernelVersion: expect.stringMatching(/^\d+\.\d+/) });
    writeFileSync(join(folder, other), 'no binary either');
    expect(bare.load().message).toContain(`Found ${join(folder, right)}, which does not load:`);
  });
});

describe('a file that the environment names', () => {
  const load = (name: string) => bare.load({ env: { GPU_BUDDY_ADDON: name } });

  test('is loaded, whatever it is called and from wherever it is named', () => {
    using _file = bare.withFile('other/addon.bin', addon);
    for (const name of [join(folder, 'other/addon.bin'), 'other/addon.bin', './other/../other/addon.bin'])
      expect(load(name)).toEqual({ kernelVersion: expect.stringMatching(/^\d+\.\d+/) });
  });

  test.each([
    ['none.node', 'is not there'],
    ['package.json/addon.node', 'is not there'],
    ['dist', "is a folder: it has to be the addon's file"],
  ])('is named in the error: %s %s', (name, why) => {
    const { code, message } = load(name);
    expect(code).toBe('ERR_GPU_BUDDY_NO_BINARY');
    expect(message).toContain(`GPU_BUDDY_ADDON names ${join(folder, name)}, which ${why}\n`);
    expect(message).toContain('- leave out GPU_BUDDY_ADDON, or name another file by it\n');
  });

  test('may be no addon: the error has the reason', () => {
    const { message } = load('package.json');
    expect(message).toContain(`Found ${join(folder, 'package.json')}, which does not load:`);
    expect(message).toMatch(/file too short|invalid ELF header|not a mach-o file/);
    expect(message).toContain('- leave out GPU_BUDDY_ADDON');
  });

  test('is not replaced by another one', () => {
    using _own = bare.withFile('build/Release/gpu_buddy.node', addon);
    expect(load('none.node').code).toBe('ERR_GPU_BUDDY_NO_BINARY');
  });
});

describe('flags of node that forbid addons', () => {
  const readable = () => `--allow-fs-read=${join(folder, '*')}`;

  test('--no-addons is to be left out', () => {
    using own = bare.withFile('build/Release/gpu_buddy.node', addon);
    const { code, message } = bare.load({ flags: ['--no-addons'] });
    expect(code).toBe('ERR_GPU_BUDDY_NO_BINARY');
    expect(message).toMatch(/^gpu-buddy may not load its binary in this process\.\n/);
    expect(message).toContain(`Found ${own.path}, which does not load:`);
    expect(message).toContain('Leave out the flag --no-addons');
    expect(message).not.toContain('gpu-buddy build');
  });

  test.each([
    ['addons', () => [readable()]],
    ['the file', () => ['--allow-addons', `--allow-fs-read=${join(folder, 'dist/*')}`]],
  ])('the permission model asks for leave for %s', (_, flags) => {
    using _own = bare.withFile('build/Release/gpu_buddy.node', addon);
    const { code, message } = bare.load({ flags: [permissionFlag, ...flags()] });
    expect(code).toBe('ERR_GPU_BUDDY_NO_BINARY');
    expect(message).toMatch(/^gpu-buddy may not load its binary in this process\.\n/);
    expect(message).toContain(`    --allow-addons "${readable()}"`);
    expect(message).not.toContain('gpu-buddy build');
  });

  test.each(['own build', 'prebuilt binary'])('leave for addons and for the package suffices: %s', (kind) => {
    const { platform, arch } = process;
    const name = kind === 'own build' ? 'build/Release/gpu_buddy.node' : prebuiltFor({ platform, arch })[0];
    using _binary = bare.withFile(name, addon);
    const flags = [permissionFlag, '--allow-addons', readable()];
    expect(bare.load({ flags })).toEqual({ kernelVersion: expect.stringMatching(/^\d+\.\d+/) });
  });

  test('leave for addons suffices for a file elsewhere that the environment names', () => {
    const flags = [permissionFlag, '--allow-addons', readable()];
    const env = { GPU_BUDDY_ADDON: addon };
    expect(bare.load({ flags, env })).toEqual({ kernelVersion: expect.stringMatching(/^\d+\.\d+/) });
    expect(bare.load({ flags: flags.toSpliced(1, 1), env }).message).toContain('    --allow-addons ');
  });

  test('--no-addons is to be left out under the permission model, too', () => {
    using _own = bare.withFile('build/Release/gpu_buddy.node', addon);
    const { message } = bare.load({ flags: [permissionFlag, '--allow-addons', readable(), '--no-addons'] });
    expect(message).toContain('Leave out the flag --no-addons');
  });
});

describe('in Deno', () => {
  const file = () => join(folder, 'prebuilds/linux-x64/gpu-buddy.glibc.node');
  const refusal = () =>
    Object.assign(new Error(`Requires ffi access to "${file()}", run again with the --allow-ffi flag`), {
      name: 'NotCapable',
    });
  beforeEach(() => {
    Object.defineProperty(process.versions, 'deno', { value: '2.9.6', configurable: true });
  });
  afterEach(() => {
    Reflect.deleteProperty(process.versions, 'deno');
  });

  test('the error names the missing permission', () => {
    const { message } = noBinary(folder, { file: file(), cause: refusal() });
    expect(message).toMatch(/^gpu-buddy may not load its binary in this process\.\n/);
    expect(message).toContain(`does not load: Requires ffi access to "${file()}"`);
    expect(message).toContain(`    "--allow-read=${folder}" "--allow-ffi=${folder}"`);
    expect(message).not.toContain('gpu-buddy build');
  });

  test('a file that does not load for another reason is no matter of permissions', () => {
    const { message } = noBinary(folder, { file: file(), cause: new Error('invalid ELF header') });
    expect(message).not.toContain('--allow-ffi');
    expect(message).toContain('npx gpu-buddy build');
  });
});

describe('elsewhere', () => {
  const textOn = (platform: string, arch: string, libc?: string) =>
    noBinary(folder, undefined, { platform, arch, libc }).message;

  test('Windows on x64 is told what to build with', () => {
    const text = textOn('win32', 'x64');
    expect(text).toContain('prebuilds/win32-x64/gpu-buddy.node');
    expect(text).toContain('npx gpu-buddy build');
  });

  test('Windows on arm64 is told to run the x64 Node', () => {
    const text = textOn('win32', 'arm64');
    expect(text).toContain('Windows on arm64 is not supported: install the x64 build of Node');
    expect(text).not.toContain('gpu-buddy build');
  });

  test.each([
    ['linux', 'arm'],
    ['win32', 'ia32'],
  ])('32-bit processors are not supported, and the error says why: %s-%s', (platform, arch) => {
    const text = textOn(platform, arch);
    expect(text).toContain('32-bit processors are not supported');
    expect(text).toContain('`unsigned long`, which has 32 bits there');
    expect(text).not.toContain('gpu-buddy build');
  });

  test('a processor without a prebuilt binary can compile one', () => {
    const text = textOn('linux', 'riscv64', 'musl');
    expect(text).toContain('prebuilds/linux-riscv64/gpu-buddy.musl.node');
    expect(text).toContain('npx gpu-buddy build');
    expect(text).not.toContain('copied from another machine');
  });
});
