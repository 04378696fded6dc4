/** Tests what is built, committed and published: nothing is missing, nothing is there that should not be. */
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Manifest } from '../scripts/linux/manifest.mjs';
import { builtAddon as addon } from './support/built-addon';
import { temporaryFolder } from './support/temporary-folder';

const root = join(__dirname, '..');
const manifest = Manifest.read(root);
/** The kernel's files that are built, and the record of where they come from. */
const kernelFiles = [...manifest.addonPaths, 'origin.json'].map((path) =>
  relative(root, join(manifest.folder, path)),
);

function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): string {
  return execFileSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('the addon', () => {
  test("leaves no symbol of the kernel's to be found elsewhere", () => {
    const undefinedSymbols = run('nm', ['-D', '--undefined-only', addon])
      .split('\n')
      .map((line) => line.trim().split(/\s+/).at(-1) ?? '')
      .filter((symbol) => symbol && !symbol.includes('@'));
    expect(undefinedSymbols.length).toBeGreaterThan(0);
    expect(
      undefinedSymbols.filter((symbol) => !/^(napi_|node_api_|_ITM_|__gmon_start__)/.test(symbol)),
    ).toEqual([]);
  });

  test('runs with all symbols bound when it is loaded', () => {
    const program = `const { GpuBuddy } = require('.'); console.log(String(new GpuBuddy({ size: 4096 }).avail));`;
    const output = run(process.execPath, ['-e', program], { LD_BIND_NOW: '1', GPU_BUDDY_ADDON: '' });
    expect(output).toBe('4096\n');
  });

  test('answers to `require` and to `import` with the same classes', () => {
    const program = `
      import { createRequire } from 'node:module';
      import * as draw from 'gpu-buddy/draw';
      import * as inspect from 'gpu-buddy/inspect';
      import * as metrics from 'gpu-buddy/metrics';
      import * as queue from 'gpu-buddy/queue';
      import * as trace from 'gpu-buddy/trace';
      import { GpuBuddy, SZ_1T } from 'gpu-buddy';
      const required = createRequire(import.meta.url)('gpu-buddy');
      console.log(GpuBuddy === required.GpuBuddy, SZ_1T === required.SZ_1T, typeof trace.TraceReplayer, typeof queue.AllocQueue, typeof metrics.observeBuddy, typeof draw.drawMap, typeof inspect.inspect);`;
    expect(run(process.execPath, ['--input-type=module', '-e', program])).toBe(
      'true true function function function function function\n',
    );
  });
});

describe('the repository', () => {
  test('holds no file of the kernel and no binary', () => {
    const tracked = run('git', ['ls-files']).split('\n');
    expect(tracked).toContain('README.md');
    expect(tracked.filter((file) => /^vendor\/linux\/|(^|\/)(gpu_)?buddy(_test)?\.[ch]$/.test(file))).toEqual(
      ['native/buddy/buddy.h'],
    );
    expect(tracked.filter((file) => /\.(node|so|a|o|deb|tgz|dylib|dll)$/.test(file))).toEqual([]);
  });
});

describe('the npm package', () => {
  interface Packed {
    readonly files: readonly { readonly path: string }[];
  }
  function filesPackedIn(folder: string): string[] {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts', folder];
    const packed = JSON.parse(run('npm', args)) as readonly Packed[] | Readonly<Record<string, Packed>>;
    return Object.values(packed).flatMap((entry) => entry.files.map(({ path }) => path));
  }
  const files = filesPackedIn('.');
  const folder = temporaryFolder();

  test('has what is run, what it is built from, and the papers', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'THIRD-PARTY.md',
        'dist/cli/main.js',
        'dist/draw/index.js',
        'dist/index.d.mts',
        'dist/index.d.ts',
        'dist/index.js',
        'dist/index.mjs',
        'dist/inspect/index.js',
        'dist/metrics/index.js',
        'dist/queue/index.js',
        'dist/trace/index.js',
        'native/sources.json',
        'package.json',
        ...kernelFiles,
        'vendor/node-api/napi.h',
        'vendor/node-api/node_api.h',
      ]),
    );
  });

  test('has nothing else', () => {
    const others = files.filter(
      (file) =>
        !/^dist\/(\w+\/)?[\w-]+(\.d)?\.m?[jt]s$/.test(file) &&
        !/^native\/(buddy|node|kernel|kernel\/system|linux\/[\w.]+|kernel\/include\/(drm|linux|linux\/sched|userspace))\/[\w-]+\.(c|cc|h)$/.test(
          file,
        ) &&
        file !== 'native/node/exports.map' &&
        !/^prebuilds\/[\w-]+\/gpu-buddy(\.\w+)?\.node$/.test(file) &&
        !kernelFiles.includes(file) &&
        !/^vendor\/node-api\/(\w+|napi-inl)\.h$|^vendor\/node-api\/LICENSE\.[\w.-]+$/.test(file) &&
        !/^((CHANGELOG|README|THIRD-PARTY)\.md|LICENSE|native\/sources\.json|package\.json)$/.test(file),
    );
    expect(others).toEqual([]);
  });

  test('declares its types in one file an entry point', () => {
    expect(files.filter((file) => /\.d\.m?ts$/.test(file)).sort()).toEqual([
      'dist/draw/index.d.mts',
      'dist/draw/index.d.ts',
      'dist/index.d.mts',
      'dist/index.d.ts',
      'dist/inspect/index.d.mts',
      'dist/inspect/index.d.ts',
      'dist/metrics/index.d.mts',
      'dist/metrics/index.d.ts',
      'dist/queue/index.d.mts',
      'dist/queue/index.d.ts',
      'dist/trace/index.d.mts',
      'dist/trace/index.d.ts',
    ]);
  });

  test('has no leavings of an interrupted build', () => {
    cpSync(join(root, 'package.json'), folder('package.json'));
    const binaries = ['linux-x64/gpu-buddy.glibc.node', 'linux-x64/gpu-buddy.musl.node'];
    const leavings = ['linux-x64/.compile-a1/linked.node', 'linux-x64/.compile-a1/0.o', '.compile-b2/0.o'];
    for (const file of [...binaries, ...leavings, '../build/compile-c3/linked.node']) {
      mkdirSync(folder('prebuilds', dirname(file)), { recursive: true });
      writeFileSync(folder('prebuilds', file), '');
    }
    expect(filesPackedIn(folder())).toEqual(['package.json', ...binaries.map((file) => `prebuilds/${file}`)]);
  });

  test('has every source that native/sources.json lists for the addon', () => {
    const sources = JSON.parse(readFileSync(join(root, 'native/sources.json'), 'utf8')) as Record<
      string,
      string[]
    >;
    const { linux = [], kernel = [], posix = [], windows = [], buddy = [], node = [] } = sources;
    const listed = [...linux, ...kernel, ...posix, ...windows, ...buddy, ...node];
    expect(listed.length).toBeGreaterThan(10);
    expect(files).toEqual(expect.arrayContaining(listed));
  });

  test('runs nothing when it is installed, and does not ask npm to compile', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest['gypfile']).toBe(false);
    for (const name of ['preinstall', 'install', 'postinstall'])
      expect(manifest['scripts']).not.toHaveProperty(name);
    expect(files).not.toContain('binding.gyp');
  });
});
