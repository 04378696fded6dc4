// The three ways to build a checkout's addon: which is taken, with what tools in PATH, that each makes the same addon, and what is
// said where none can be gone. Each build is made once, in a copy of the checkout without tests.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { installText } from '../../lib/addon/install-text';

const root = join(__dirname, '..', '..');
const COPIED = [
  'binding.gyp',
  'CMakeLists.txt',
  'package.json',
  'dist',
  'lib',
  'native',
  'scripts',
  'vendor',
];

const USUAL = [
  'sh',
  'ar',
  'gcc-ar',
  'gcc-ranlib',
  'as',
  'ld',
  'ranlib',
  'cat',
  'cp',
  'ln',
  'mkdir',
  'printf',
  'rm',
  'sed',
  'touch',
];
const COMPILERS = ['cc', 'c++', 'gcc', 'g++', 'clang', 'clang++'];

/** The real one, where a version manager stands in for it. */
const python = outputOf('python3', '-c', 'import sys; print(sys.executable)');
const nodedir = process.env['npm_config_nodedir'] ?? outputOf('npm', 'config', 'get', 'nodedir');

let folder = '';

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gpu-buddy-ways-')));
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  // CMake refuses what it has left in another place.
  mkdirSync(join(folder, 'build/cmake/Release'), { recursive: true });
  writeFileSync(
    join(folder, 'build/cmake/Release/CMakeCache.txt'),
    'CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n',
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function outputOf(program: string, ...args: readonly string[]): string {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

/** Finds a tool in PATH; empty where there is none. */
function fileOf(tool: string): string {
  if (tool === 'python3') return python;
  const folders = [dirname(process.execPath), ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.map((path) => join(path, tool)).find((file) => existsSync(file)) ?? '';
}

/** Makes a folder that is a PATH with these tools, and no others. */
function pathWith(tools: readonly string[]): string {
  const path = mkdtempSync(join(folder, 'path-'));
  for (const tool of ['node', ...tools]) {
    const file = fileOf(tool);
    if (file) symlinkSync(file, join(path, tool));
  }
  return path;
}

/** Runs a script of the copy, where there are usual tools and these. */
function runWith(tools: readonly string[], ...args: readonly string[]) {
  const env = { PATH: pathWith([...USUAL, ...tools]), HOME: homedir(), npm_config_nodedir: nodedir };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

function build(tools: readonly string[], ...args: readonly string[]) {
  return runWith(tools, 'scripts/build-addon.mjs', ...args);
}

/** Tells why a test with these tools can't run here; empty where it can. */
function whyNot(tools: readonly string[]): string {
  const missing = ['cc', 'c++', ...tools].filter((tool) => fileOf(tool) === '');
  const cached = join(homedir(), '.cache/node-gyp', process.versions.node);
  const hasHeaders = !tools.includes('python3') || nodedir !== 'undefined' || existsSync(cached);
  if (missing.length > 0) return `skipped: there is no ${missing.join(', ')}`;
  return hasHeaders ? '' : "skipped: Node's headers are not here";
}

function testWith(tools: readonly string[], name: string, body: () => void): void {
  const why = whyNot(tools);
  if (why) test.skip(`${name} (${why})`, () => undefined);
  else test(name, body);
}

/** The names that an addon exports. */
function symbolsOf(file: string): string[] {
  return execFileSync('nm', ['-D', '--defined-only', file], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' ').at(-1) ?? '')
    .filter(Boolean);
}

const NO_PYTHON = 'node-gyp: Could not find any Python installation to use';
const NO_MAKE = 'node-gyp: there is no make';

describe.each([
  {
    way: 'node-gyp',
    tools: ['make', 'python3', 'cmake', 'ninja'],
    says: '',
    builtWith: 'node-gyp',
    file: 'build/Release/gpu_buddy.node',
  },
  {
    way: 'cmake-js',
    tools: ['python3', 'cmake', 'ninja'],
    says: ` (${NO_MAKE})`,
    builtWith: 'cmake-js',
    file: 'build/cmake/Release/gpu_buddy.node',
  },
  {
    way: 'compilers',
    tools: ['make'],
    says: ` (${NO_PYTHON}; cmake-js: there is no CMake)`,
    builtWith: 'the compilers alone',
    file: 'build/Release/gpu_buddy.node',
  },
])('with the compilers and $tools', ({ way, tools, says, builtWith, file }) => {
  testWith(tools, `${way} builds the addon, which works and exports what every build does`, () => {
    expect(build([...COMPILERS, ...tools])).toEqual({
      status: 0,
      stdout: `Building the addon with ${way}${says}\n`,
      stderr: '',
    });
    const { status, stdout } = runWith([], 'dist/cli/main.js', 'doctor');
    expect(stdout).toMatch(new RegExp(`^addon +${file} \\([\\d,]+ bytes\\), built with ${builtWith}$`, 'm'));
    expect(stdout).toContain('answers of a booted kernel: passed');
    expect(status).toBe(0);
    if (process.platform === 'linux')
      expect(symbolsOf(join(folder, file)).sort()).toEqual([
        'napi_register_module_v1',
        'node_api_module_get_api_version_v1',
      ]);
  });
});

describe('a build that fails', () => {
  test('without compilers says what to install', () => {
    const { status, stdout, stderr } = build(['make', 'python3', 'cmake', 'ninja']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'build-addon: there is no C compiler (cc, gcc, clang) and no C++ compiler (c++, g++, clang++).\n' +
        `${installText(['compilers'])}\n`,
    );
  });

  test.each([
    {
      way: 'node-gyp',
      tools: ['make'],
      says: 'You need to install the latest version of Python',
      lack: ['python'],
    },
    { way: 'node-gyp', tools: ['python3'], says: 'node-gyp: there is no make', lack: ['make'] },
    { way: 'cmake-js', tools: ['ninja'], says: 'cmake-js: there is no CMake', lack: ['cmake', 'ninja'] },
  ] as const)('names what $way lacks where it was asked for', ({ way, tools, says, lack }) => {
    const { status, stderr } = build([...COMPILERS, ...tools], way);
    expect(status).toBe(1);
    expect(stderr).toContain(says);
    expect(stderr).toContain(`\n${installText(lack)}\n`);
  });

  test('names a file of the kernel that has not been fetched', () => {
    const { linux } = JSON.parse(readFileSync(join(root, 'native/sources.json'), 'utf8')) as {
      linux: [string];
    };
    const [file] = linux;
    renameSync(join(folder, file), join(folder, 'aside'));
    try {
      expect(build(COMPILERS)).toMatchObject({
        status: 1,
        stderr: `build-addon: ${file} is missing: run \`npm run build -- fetch\`\n`,
      });
    } finally {
      renameSync(join(folder, 'aside'), join(folder, file));
    }
  });

  test('names the ways that there are', () => {
    expect(build(COMPILERS, 'bazel')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'build-addon: there is no way bazel, only node-gyp, cmake-js, compilers\n',
    });
  });

  describe('in a compiler', () => {
    beforeAll(() => {
      appendFileSync(join(folder, 'native/buddy/status.c'), '#error out of paper\n');
    });

    for (const { way, tools } of [
      { way: 'node-gyp', tools: ['make', 'python3'] },
      { way: 'cmake-js', tools: ['cmake', 'ninja'] },
    ])
      testWith(tools, `quotes it: ${way}`, () => {
        const { status, stderr } = build([...COMPILERS, ...tools], way);
        expect(status).toBe(1);
        expect(stderr).toContain('native/buddy/status.c');
        expect(stderr).toContain('#error out of paper');
      });
  });
});

describe('the text that says what to install', () => {
  test.each([
    [['ubuntu', 'debian'], 'Install what is missing: apt-get install g++ cmake ninja-build'],
    [['alpine'], 'Install what is missing: apk add g++ cmake samurai'],
    [['opensuse-leap', 'suse', 'opensuse'], 'Install what is missing: zypper install gcc-c++ cmake ninja'],
    [['darwin'], 'Install what is missing: xcode-select --install && brew install cmake ninja'],
    [['win32'], 'Install what is missing: winget install zig.zig'],
  ])('on %j is %j', (ids, text) => {
    expect(installText(['compilers', 'cmake', 'ninja'], ids)).toBe(text);
  });

  test('lists every system on one that is not known', () => {
    const text = installText(['compilers'], ['plan9']);
    expect(text.split('\n')).toHaveLength(8);
    expect(text).toContain('\n  Fedora, RHEL     dnf install gcc-c++\n');
    expect(text).toMatch(/\n {2}Windows {10}winget install zig\.zig$/);
  });
});
