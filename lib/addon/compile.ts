/**
 * Compiles the addon from the package's own sources (native/sources.json) and headers (vendor/node-api/), with any compilers: for
 * `gpu-buddy build`, for the prebuilt binaries, and for a checkout without the tools of the other ways (scripts/build-addon.mjs).
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { PROTOCOL } from './protocol';

export interface Toolchain {
  /** Programs with their first arguments. */
  readonly cc: readonly string[];
  readonly cxx: readonly string[];
  /** For every command, the linker's too. */
  readonly flags?: readonly string[];
  readonly ldflags: readonly string[];
  /** The system that the addon is for, as `process.platform` has it. */
  readonly platform: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A compiler that did not do its work. The message holds what it said. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

interface Sources {
  readonly defines: readonly string[];
  readonly flags: readonly string[];
  readonly optimize: readonly string[];
  readonly cflags: readonly string[];
  readonly cxxflags: readonly string[];
  readonly includes: readonly string[];
  readonly cxxincludes: readonly string[];
  readonly linux: readonly string[];
  readonly kernel: readonly string[];
  readonly posix: readonly string[];
  readonly windows: readonly string[];
  readonly windowscflags: readonly string[];
  readonly windowsdefines: readonly string[];
  readonly buddy: readonly string[];
  readonly node: readonly string[];
}

type Command = readonly string[];

/**
 * Makes `output`, a file in the package, which is there whole or not at all.
 *
 * @param folder the package's
 * @param onProgress told after each command how many are done, of how many
 * @throws CompileError
 */
export async function compileAddon(
  folder: string,
  output: string,
  toolchain: Toolchain,
  onProgress: (done: number, whole: number) => void = () => undefined,
): Promise<void> {
  const build = join(folder, 'build');
  for (const place of [dirname(output), build]) mkdirSync(place, { recursive: true });
  // In the package, from where the output can be renamed, but where npm packs nothing: an interrupted build leaves it.
  const temporary = mkdtempSync(join(build, 'compile-'));
  try {
    const { compile, link, linked } = commands(folder, temporary, toolchain);
    let done = 0;
    const step = async (command: Command) => {
      await run(command, folder, toolchain.env);
      onProgress(++done, compile.length + 1);
    };
    await inParallel(compile, step);
    await step(link);
    renameSync(linked, output);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function commands(folder: string, temporary: string, { cc, cxx, flags = [], ldflags, platform }: Toolchain) {
  const sources = JSON.parse(readFileSync(join(folder, 'native/sources.json'), 'utf8')) as Sources;
  const isWindows = platform === 'win32';
  // Windows loads a library at any address as it is.
  const all = [...flags, ...sources.flags, ...sources.optimize, ...(isWindows ? [] : ['-fPIC'])];
  const objects: string[] = [];
  const compile = (compiler: Command, source: string): Command => {
    const object = join(temporary, `${String(objects.length)}.o`);
    objects.push(object);
    return [...compiler, ...all, '-c', source, '-o', object];
  };
  const defines = [
    ...sources.defines,
    ...(isWindows ? sources.windowsdefines : []),
    ...kernelDefines(folder, sources.linux),
    // The sources in a package are of the same state as its lib/.
    `GPU_BUDDY_PROTOCOL="${PROTOCOL}"`,
    'GPU_BUDDY_BUILT_WITH="the compilers alone"',
  ];
  const c = [
    ...[...cc, ...sources.cflags, ...(isWindows ? sources.windowscflags : [])],
    ...sources.includes.map((path) => `-I${path}`),
  ];
  const system = isWindows ? sources.windows : sources.posix;
  const cpp = [
    ...[...cxx, ...sources.cxxflags],
    ...sources.cxxincludes.map((path) => `-I${path}`),
    ...['-isystem', 'vendor/node-api'],
    ...defines.map((define) => `-D${define}`),
  ];
  const linked = join(temporary, 'linked.node');
  return {
    compile: [
      ...sources.node.map((source) => compile(cpp, source)),
      ...[...sources.linux, ...sources.kernel, ...system, ...sources.buddy].map((source) =>
        compile(c, source),
      ),
    ],
    link: [
      ...cxx,
      ...all,
      '-shared',
      ...(isWindows ? [] : ['-pthread']),
      ...ldflags,
      '-o',
      linked,
      ...objects,
    ],
    linked,
  };
}

interface Origin {
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Names the kernel: what origin.json beside its files says, if it speaks of the file that is there. */
function kernelDefines(folder: string, [buddy = '']: readonly string[]): string[] {
  const file = join(folder, buddy);
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const record = join(dirname(file), '../../origin.json');
  const { version, files } = JSON.parse(readFileSync(record, 'utf8')) as Origin;
  const known = Object.values(files).includes(sha256) ? version : 'unknown';
  return [`GPU_BUDDY_KERNEL_VERSION="${known}"`, `GPU_BUDDY_KERNEL_SHA256="${sha256}"`];
}

/** As many at once as the machine can do; after a failure none is begun. */
async function inParallel(all: readonly Command[], step: (command: Command) => Promise<void>): Promise<void> {
  const waiting = all.values();
  let failed = false;
  const work = async () => {
    for (const command of waiting) {
      if (failed) return;
      try {
        await step(command);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: availableParallelism() }, work));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

function run([program = '', ...args]: Command, cwd: string, env: Toolchain['env']): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 1 << 26 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) resolve();
      else reject(new CompileError(`${[program, ...args].join(' ')}\n${stdout}${stderr || error.message}`));
    });
  });
}
