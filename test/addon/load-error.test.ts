// What a user reads where no binary of the addon loads.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noBinary } from '../../lib/addon/load-error';
import { thisPlatform } from '../../lib/addon/platform';

const root = join(__dirname, '..', '..');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-buddy-load-'));
  // A package without binaries.
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Loads the package there, and gives the error. */
function loadThere(env: Readonly<Record<string, string>> = {}) {
  const program = `
    try {
      require('.');
    } catch ({ code, message }) {
      console.log(JSON.stringify({ code, message }));
    }`;
  const { stdout } = spawnSync(process.execPath, ['-e', program], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GPU_BUDDY_ADDON: '', ...env },
  });
  return JSON.parse(stdout) as { code: string; message: string };
}

describe('without a binary', () => {
  test('the error names the platform, what was looked for, and the ways out', () => {
    const { code, message } = loadThere();
    const { platform, arch, libc } = thisPlatform();
    expect(code).toBe('ERR_GPU_BUDDY_NO_BINARY');
    expect(message).toContain(
      `${platform}-${arch}, ${libc ?? ''}, Node ${process.versions.node} (ABI ${process.versions.modules})`,
    );
    expect(message).toContain('build/Release/*.node: no such folder');
    expect(message).toContain(`prebuilds/${platform}-${arch}/*.${libc?.split(' ')[0] ?? ''}.node: no such`);
    expect(message).toContain('npx gpu-buddy build');
    expect(message).toContain('glibc 2.28 or newer, or musl');
  });

  test('a file that does not load is named, with the reason', () => {
    const file = join(folder, 'build', 'Release', 'gpu_buddy.node');
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
    writeFileSync(file, 'no binary');
    try {
      const { code, message } = loadThere();
      expect(code).toBe('ERR_GPU_BUDDY_NO_BINARY');
      expect(message).toContain(`Found ${file}, which does not load:`);
      expect(message).toMatch(/file too short|invalid ELF header|not a mach-o file/);
      expect(message).toContain('npx gpu-buddy build');
    } finally {
      rmSync(join(folder, 'build'), { recursive: true });
    }
  });

  test('so is one that the environment names', () => {
    expect(loadThere({ GPU_BUDDY_ADDON: join(folder, 'none.node') }).message).toContain(
      `Found ${join(folder, 'none.node')}, which does not load:`,
    );
  });
});

describe('elsewhere', () => {
  const textOn = (platform: string, arch: string, libc?: string) =>
    noBinary(folder, undefined, { platform, arch, libc }).message;

  test('Windows is not supported, and the error says why', () => {
    const text = textOn('win32', 'x64');
    expect(text).toContain('Windows is not supported');
    expect(text).toContain('`unsigned long`, which has 32 bits there');
    expect(text).not.toContain('gpu-buddy build');
  });

  test('neither are 32-bit processors', () => {
    expect(textOn('linux', 'arm', 'glibc 2.36')).toContain('32-bit processors are not supported');
  });

  test('a processor without a prebuilt binary can compile one', () => {
    const text = textOn('linux', 'riscv64', 'musl');
    expect(text).toContain('prebuilds/linux-riscv64/*.musl.node');
    expect(text).toContain('npx gpu-buddy build');
    expect(text).not.toContain('copied from another machine');
  });
});
