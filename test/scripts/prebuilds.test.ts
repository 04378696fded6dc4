// `npm run prebuilds`, as far as it can be tested without its compiler: names, and what a binary may ask of a system.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Binary, problemsOf, readElf, readMachO, readPe } from '../../scripts/release/demands.mjs';
import { fileOf, nameOf, TARGETS } from '../../scripts/release/targets.mjs';
import { binariesIn } from '../../lib/addon/places';
import { PREBUILT } from '../../lib/addon/platform';
import { builtAddon as addon } from '../support/built-addon';

const root = join(__dirname, '..', '..');
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
  const script = join(root, 'scripts/prebuilds.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, 'plan9-x64'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    1,
    `prebuilds: there is no target plan9-x64, only ${TARGETS.map(nameOf).join(', ')}\n`,
  ]);
});

describe('an ELF file', () => {
  const library = (...names: readonly string[]) =>
    names.map((name) => `  0x0000000000000001 NEEDED       Shared library: [${name}]`);
  const symbol = (name: string, section: string) => [
    '  Symbol {',
    `    Name: ${name} (241)`,
    '    Binding: Global (0x1)',
    `    Section: ${section}`,
    '  }',
  ];
  /** The text that llvm-readobj prints. */
  const text = (lines: { arch?: string; dynamic?: readonly string[]; symbols?: readonly string[] }) =>
    [
      `Format: elf64-x86-64\nArch: ${lines.arch ?? 'x86_64'}\nSections [\n  Section {\n    Type: SHT_DYNSYM (0xB)\n  }\n]`,
      'DynamicSection [ (4 entries)',
      ...(lines.dynamic ?? [...library('libc.so.6'), '  0x000000006FFFFFFB FLAGS_1      NODELETE ']),
      ']\nDynamicSymbols [',
      ...symbol('', 'Undefined (0x0)'),
      ...(lines.symbols ?? []),
      ']',
    ].join('\n');

  test('tells what it needs and what it shows', () => {
    const dynamic = [
      ...library('libc.so.6', 'libm.so.6'),
      '  0x000000000000001D RUNPATH      Library runpath: [/opt]',
      '  0x000000006FFFFFFB FLAGS_1      NOW NODELETE ',
    ];
    const symbols = [
      ...symbol('malloc@GLIBC_2.2.5', 'Undefined (0x0)'),
      ...symbol('napi_throw', 'Undefined (0x0)'),
      ...symbol('napi_register_module_v1', '.text (0xC)'),
    ];
    expect(readElf(text({ dynamic, symbols }))).toEqual({
      format: 'ELF',
      arch: 'x64',
      needed: ['libc.so.6', 'libm.so.6'],
      imports: [
        { name: 'malloc', from: 'GLIBC_2.2.5' },
        { name: 'napi_throw', from: '' },
      ],
      exports: ['napi_register_module_v1'],
      flaws: ['it has the search path /opt'],
    });
  });

  test.each([
    ['another processor', { arch: 'aarch64' }, ['it is for arm64']],
    ['no flag', { dynamic: library('libc.so.6') }, ['it was not linked with -z nodelete']],
    [
      "C++'s library",
      { dynamic: [...library('libstdc++.so.6'), ' FLAGS_1 NODELETE'] },
      ['it needs libstdc++.so.6'],
    ],
    ['a symbol for others', { symbols: symbol('main', '.text (0xC)') }, ['it shows main to others']],
    ['a symbol of nobody', { symbols: symbol('fls', 'Undefined (0x0)') }, ['fls comes from nobody']],
    ['an old glibc', { symbols: symbol('free@GLIBC_2.28', 'Undefined (0x0)') }, []],
    [
      'a newer glibc',
      { symbols: symbol('stat@GLIBC_2.33', 'Undefined (0x0)') },
      ['stat comes from GLIBC_2.33'],
    ],
  ])('with %s is told from a sound one', (_, lines, problems) => {
    expect(problemsOf(readElf(text(lines)), target('linux-x64-glibc'))).toEqual(problems);
  });

  test('for musl must not need glibc', () => {
    const symbols = symbol('free@GLIBC_2.2.5', 'Undefined (0x0)');
    expect(problemsOf(readElf(text({ symbols })), target('linux-x64-musl'))).toEqual([
      'it needs libc.so.6',
      'free comes from GLIBC_2.2.5',
    ]);
  });

  test('is no Mach-O file', () => {
    expect(problemsOf(readElf(text({})), target('darwin-x64'))).toEqual(['it is no Mach-O file']);
  });
});

describe('a Mach-O file', () => {
  const LIBSYSTEM = '/usr/lib/libSystem.B.dylib';
  const command = (name: string, ...lines: readonly string[]) =>
    [`Load command 1`, `      cmd ${name}`, '  cmdsize 56', ...lines].join('\n');
  const dylib = (name: string) => command('LC_LOAD_DYLIB', `     name ${name} (offset 24)`);
  /** The text that llvm-readobj and llvm-objdump print. */
  const text = (libraries: readonly string[], bound: readonly string[]) =>
    [
      'Format: Mach-O arm64\nArch: aarch64\nMach header',
      command('LC_ID_DYLIB', '     name gpu-buddy.node (offset 24)'),
      command('LC_BUILD_VERSION', ' platform macos', '      sdk n/a', '    minos 11.0'),
      command('LC_CODE_SIGNATURE'),
      ...libraries.map(dylib),
      'Bind table:',
      'segment  section            address    type       addend dylib            symbol',
      ...bound.filter((line) => line.includes('pointer')),
      'Lazy bind table:',
      'segment  section            address     dylib            symbol',
      ...bound.filter((line) => !line.includes('pointer')),
    ].join('\n');
  const bind = (from: string, symbol: string) =>
    `__DATA   __got              0x0003F010 pointer         0 ${from} ${symbol}`;
  const lazily = (from: string, symbol: string) =>
    `__DATA   __la_symbol_ptr    0x00040000 ${from}   ${symbol}`;

  test('tells what it binds, and to what', () => {
    const file = readMachO(
      text([LIBSYSTEM], [bind('libSystem', '___stderrp'), lazily('flat-namespace', '_napi_throw')]),
    );
    expect(file).toEqual({
      format: 'Mach-O',
      arch: 'arm64',
      needed: [LIBSYSTEM],
      imports: [
        { name: '__stderrp', from: 'libSystem' },
        { name: 'napi_throw', from: '' },
      ],
      exports: [],
      flaws: [],
    });
    expect(problemsOf(file, target('darwin-arm64'))).toEqual([]);
    expect(problemsOf(file, target('darwin-x64'))).toEqual(['it is for arm64']);
  });

  test('may bind nothing but Node-API and libSystem', () => {
    const other = '/usr/lib/libc++.1.dylib';
    const bound = [
      bind('flat-namespace', '_malloc'),
      bind('libc++', '__Znwm (weak import)'),
      lazily('libSystem', '_napi_throw'),
    ];
    expect(problemsOf(readMachO(text([LIBSYSTEM, other], bound)), target('darwin-arm64'))).toEqual([
      `it needs ${other}`,
      'malloc comes from nobody',
      '_Znwm comes from libc++',
      'napi_throw comes from libSystem',
    ]);
  });
});

describe('a PE file', () => {
  const block = (kind: string, ...lines: readonly string[]) =>
    [`${kind} {`, ...lines.map((line) => `  ${line}`), '}'].join('\n');
  /** The text that llvm-readobj prints. */
  const text = (imports: Readonly<Record<string, readonly string[]>>, exported: readonly string[]) =>
    [
      'Format: COFF-x86-64\nArch: x86_64',
      ...Object.entries(imports).map(([library, names]) =>
        block(
          'Import',
          `Name: ${library}`,
          'ImportLookupTableRVA: 0x1',
          ...names.map((name) => `Symbol: ${name} (0)`),
        ),
      ),
      ...exported.map((name) => block('Export', 'Ordinal: 1', `Name: ${name}`, 'RVA: 0x1000')),
    ].join('\n');
  const shown = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

  test('tells what it imports, and from where', () => {
    const sound = readPe(
      text({ 'KERNEL32.dll': ['Sleep'], 'api-ms-win-crt-heap-l1-1-0.dll': ['free', 'malloc'] }, shown),
    );
    expect(sound).toEqual({
      format: 'PE',
      arch: 'x64',
      needed: ['KERNEL32.dll', 'api-ms-win-crt-heap-l1-1-0.dll'],
      imports: [
        { name: 'Sleep', from: 'KERNEL32.dll' },
        { name: 'free', from: 'api-ms-win-crt-heap-l1-1-0.dll' },
        { name: 'malloc', from: 'api-ms-win-crt-heap-l1-1-0.dll' },
      ],
      exports: shown,
      flaws: [],
    });
    expect(problemsOf(sound, target('win32-x64'))).toEqual([]);
  });

  test('may need neither node.exe nor a library that Windows lacks, and show nothing else', () => {
    const imports = { 'node.exe': ['napi_throw'], 'libwinpthread-1.dll': ['clock_gettime'] };
    expect(problemsOf(readPe(text(imports, [...shown, 'fls'])), target('win32-x64'))).toEqual([
      'it needs node.exe',
      'it needs libwinpthread-1.dll',
      'napi_throw comes from node.exe',
      'it shows fls to others',
    ]);
  });
});

/** Reads a file outside of jest, which can't load execa. */
function read(file: string) {
  const program = `
    import { readBinary } from ${JSON.stringify(join(root, 'scripts/release/demands.mjs'))};
    console.log(JSON.stringify(await readBinary(${JSON.stringify(file)})));`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
}

const hasTools = spawnSync('llvm-readobj', ['--version']).status === 0;
(hasTools ? describe : describe.skip)('by llvm-readobj', () => {
  const { platform, arch } = process;

  test('the addon of this checkout is read: made by gcc or clang for this machine, it asks too much of others', () => {
    const binary = JSON.parse(read(addon).stdout) as Binary;
    expect(binary.arch).toBe(arch);
    expect(binary.imports.map(({ name }) => name)).toContain('napi_call_function');
    const own = TARGETS.find((one) => one.platform === platform && one.arch === arch);
    expect(own && problemsOf(binary, own).filter((problem) => problem.startsWith('it needs '))).not.toEqual(
      [],
    );
  });

  test('names a file that is no binary', () => {
    expect(read(__filename).stderr).toMatch(/llvm-readobj failed with exit code 1/);
  });
});
