// The addon for Windows, as far as it can be tested without Windows: `npm run release:check` runs it under wine.
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCompilers, toolchainOf } from '../../lib/addon/compilers';

const root = join(__dirname, '..', '..');
const textOf = (name: string) => readFileSync(join(root, name), 'utf8');
const filesBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[ch]c?$/.test(name))
    .map((name) => join(folder, name));

describe('a system whose long has 32 bits', () => {
  /** Matches a constant like 1UL, whose type no header changes, as native/kernel/system/lp64.h does the word's. */
  const LONG_NUMBER = /\b(?:0x[\da-f]+|\d+)(?:u?l|lu)\b/gi;

  test.each(['1UL', '0x80000000L', '~2lu'])('%s is found', (text) => {
    expect(text.match(LONG_NUMBER)).toHaveLength(1);
  });

  test.each(['1ULL', '0x7fULL', 'EL', 'x1L0'])('%s is let pass', (text) => {
    expect(text.match(LONG_NUMBER)).toBeNull();
  });

  test('no number in the C sources is a long', () => {
    const files = ['native', 'vendor/linux'].flatMap(filesBelow);
    expect(files.length).toBeGreaterThan(50);
    expect(
      files.flatMap(
        (file) =>
          textOf(file)
            .match(LONG_NUMBER)
            ?.map((found) => `${file}: ${found}`) ?? [],
      ),
    ).toEqual([]);
  });

  test('no C source asks which system it is on, but for those of the systems', () => {
    const asking = filesBelow('native').filter((file) => textOf(file).includes('_WIN32'));
    expect(asking).toEqual([join('native/kernel/include/userspace/system.h')]);
  });
});

test('the functions of Node-API that the addon uses are those that it looks for in a Windows process', () => {
  const listed = Array.from(
    textOf('native/node/windows.c').matchAll(/\bF\((napi_\w+)\)/g),
    ([, name]) => name,
  );
  const addon = readFileSync(join(root, 'build/Release/gpu_buddy.node'), 'latin1');
  const used = new Set(Array.from(addon.matchAll(/\0_?(napi_\w+)(?=\0)/g), ([, name]) => name));
  used.delete('napi_register_module_v1');
  expect(used.size).toBeGreaterThan(30);
  expect([...used].sort()).toEqual(listed);
});

describe('gpu-buddy build on Windows', () => {
  test('wants zig, and no other compiler that may be there', () => {
    expect(findCompilers({ PATH: process.env['PATH'], CC: '', CXX: '', HOME: '/' }, 'win32')).toEqual({
      missing: 'no C compiler (zig cc) and no C++ compiler (zig c++)',
    });
  });

  test('compiles for x64 by what CC and CXX name', () => {
    const compilers = {
      cc: 'python -m ziglang cc',
      cxx: 'python -m ziglang c++',
      version: 'clang version 21.1.0',
    };
    expect(toolchainOf(compilers, 'win32')).toEqual({
      platform: 'win32',
      cc: ['python', '-m', 'ziglang', 'cc'],
      cxx: ['python', '-m', 'ziglang', 'c++'],
      flags: ['-target', 'x86_64-windows-gnu'],
      ldflags: ['-s'],
    });
  });
});
