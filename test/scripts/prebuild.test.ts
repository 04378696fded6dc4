// What `npm run prebuild` makes, as far as that can be told without its compiler: names, and what a binary may ask of a system.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { problemsOf } from '../../scripts/release/demands.mjs';
import { readElf } from '../../scripts/release/elf.mjs';
import { readMachO } from '../../scripts/release/mach-o.mjs';
import { fileOf, nameOf, TARGETS } from '../../scripts/release/targets.mjs';
import { binariesIn } from '../../lib/addon/places';
import { PREBUILT } from '../../lib/addon/platform';

const root = join(__dirname, '..', '..');
const addon = join(root, 'build/Release/gpu_buddy.node');
const target = (name: string) => {
  const found = TARGETS.find((candidate) => nameOf(candidate) === name);
  if (!found) throw new Error(`no target ${name}`);
  return found;
};

describe('the names of the binaries', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gpu-buddy-names-'));
    for (const file of TARGETS.map(fileOf)) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), '');
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each(TARGETS)('are those that the package looks for: $triple', (wanted) => {
    expect(binariesIn(folder, wanted)[0]).toBe(join(folder, fileOf(wanted)));
  });

  test('the load error speaks of the same platforms', () => {
    expect([...new Set(TARGETS.map(({ platform, arch }) => `${platform}-${arch}`))].sort()).toEqual(PREBUILT);
  });
});

test('an unknown target is refused, and the known ones are named', () => {
  const script = join(root, 'scripts/prebuild.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, 'plan9-x64'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    1,
    `prebuild: there is no target plan9-x64, only ${TARGETS.map(nameOf).join(', ')}\n`,
  ]);
});

describe('an ELF file', () => {
  test('is read as objdump reads it', () => {
    const lines = execFileSync('objdump', ['-T', addon], { encoding: 'utf8' }).split('\n');
    const expected = lines
      .filter((line) => line.includes('*UND*'))
      .map((line) => {
        // Such as `… *UND*  0000000000000000 (GLIBC_2.2.5) free`; without a version, `Base` or nothing stands there.
        const words = line.slice(line.indexOf('*UND*')).trim().split(/\s+/);
        const version = words.length > 3 ? words[2]?.replace(/[()]/g, '') : undefined;
        return { name: words.at(-1), version: version === 'Base' ? undefined : version };
      });
    const { undefinedSymbols, needed, stays, searchPaths } = readElf(readFileSync(addon));
    expect(expected.length).toBeGreaterThan(20);
    expect(undefinedSymbols).toEqual(expected);
    expect(needed).toContain('libc.so.6');
    expect([stays, searchPaths]).toEqual([true, []]);
  });

  test('that gcc has made for this machine asks too much of others', () => {
    const { arch } = process;
    const problems = problemsOf(readFileSync(addon), target(`linux-${arch}-glibc`));
    expect(problems).toContain('it needs libstdc++.so.6');
    expect(problems.filter((problem) => problem.includes('GLIBCXX_')).length).toBeGreaterThan(0);
    const other = arch === 'x64' ? 'arm64' : 'x64';
    expect(problemsOf(readFileSync(addon), target(`linux-${other}-glibc`))).toContain(`it is for ${arch}`);
    const musl = problemsOf(readFileSync(addon), target(`linux-${arch}-musl`));
    expect(musl).toContain('it needs libc.so.6');
    expect(musl.some((problem) => problem.includes(" is glibc's (GLIBC_"))).toBe(true);
  });

  test('of a newer glibc is told from one of an old one', () => {
    const file = readFileSync(addon);
    const glibc = (problems: readonly string[]) => problems.filter((problem) => problem.includes('GLIBC_9'));
    expect(glibc(problemsOf(file, target(`linux-${process.arch}-glibc`)))).toEqual([]);
    // The names of versions stand as text in the file.
    const [version = ''] = readElf(file)
      .undefinedSymbols.flatMap((symbol) => symbol.version ?? [])
      .filter((name) => name.startsWith('GLIBC_'));
    const newer = Buffer.from(
      file.toString('latin1').replaceAll(version, version.replace(/_\d/, '_9')),
      'latin1',
    );
    expect(glibc(problemsOf(newer, target(`linux-${process.arch}-glibc`))).length).toBeGreaterThan(0);
  });

  test('that is none is said to be none', () => {
    expect(problemsOf(Buffer.from('nothing'), target('linux-x64-musl'))).toEqual(['it is no ELF file']);
    expect(problemsOf(readFileSync(addon), target('darwin-x64'))).toEqual(['it is no Mach-O file']);
  });
});

describe('a Mach-O file', () => {
  const LIBSYSTEM = '/usr/lib/libSystem.B.dylib';

  /** A bundle for arm64 macOS that binds each symbol to a library's number, or looks it up everywhere. */
  function bundle(libraries: readonly string[], symbols: Readonly<Record<string, number | 'flat'>>): Buffer {
    const command = (type: number, ...words: readonly number[]) =>
      Buffer.from(Uint32Array.of(type, 8 + 4 * words.length, ...words).buffer);
    const dylib = (name: string) => {
      const text = Buffer.alloc(64);
      text.write(name);
      return Buffer.concat([Buffer.from(Uint32Array.of(0xc, 24 + 64, 24, 0, 0, 0).buffer), text]);
    };
    const bindings = Buffer.concat(
      Object.entries(symbols).map(([name, from]) =>
        Buffer.concat([
          Buffer.of(from === 'flat' ? 0x3e : 0x10 | from, 0x40),
          Buffer.from(`_${name}\0`),
          Buffer.of(0x51, 0x72, 0x88, 0x01, 0x90),
        ]),
      ),
    );
    const others = [command(0x1d, 0, 0), command(0x32, 1, 11 << 16, 0, 0), ...libraries.map(dylib)];
    const size = 48 + others.reduce((sum, { length }) => sum + length, 0);
    const info = command(0x80000022, 0, 0, 32 + size, bindings.length, 0, 0, 0, 0, 0, 0);
    const header = Uint32Array.of(0xfeedfacf, 0x0100000c, 0, 8, 1 + others.length, size, 0, 0);
    return Buffer.concat([Buffer.from(header.buffer), info, ...others, bindings]);
  }

  test('tells what it binds, and to what', () => {
    const file = bundle([LIBSYSTEM], { malloc: 1, napi_throw: 'flat' });
    expect(readMachO(file)).toEqual({
      format: 'Mach-O',
      arch: 'arm64',
      needed: [LIBSYSTEM],
      searchPaths: [],
      isSigned: true,
      oldestSystem: '11.0',
      undefinedSymbols: [
        { name: 'malloc', from: LIBSYSTEM },
        { name: 'napi_throw', from: 'the loader' },
      ],
    });
    expect(problemsOf(file, target('darwin-arm64'))).toEqual([]);
    expect(problemsOf(file, target('darwin-x64'))).toEqual(['it is for arm64']);
  });

  test('may bind nothing but Node-API and libSystem', () => {
    const other = '/usr/lib/libc++.1.dylib';
    const file = bundle([LIBSYSTEM, other], { malloc: 'flat', _Znwm: 2, napi_throw: 1 });
    expect(problemsOf(file, target('darwin-arm64'))).toEqual([
      `it needs ${other}`,
      'malloc comes from the loader',
      `_Znwm comes from ${other}`,
      `napi_throw comes from ${LIBSYSTEM}`,
    ]);
  });
});
