/** The compilers of this machine. */
import { spawnSync } from 'node:child_process';
import type { Toolchain } from './compile';

/** A C and a C++ compiler, by the names of the programs. */
export interface Compilers {
  readonly cc: string;
  readonly cxx: string;
  /** The first line of what the C++ compiler says of its version. */
  readonly version: string;
}

/** Names a missing tool, for a message. */
export interface Missing {
  readonly missing: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const USUAL = { cc: ['cc', 'gcc', 'clang'], cxx: ['c++', 'g++', 'clang++'] };
/** Uses zig on Windows, which brings all that is needed: another compiler there may be Microsoft's, or lack its headers. */
const ON_WINDOWS = { cc: ['zig cc'], cxx: ['zig c++'] };

/** Finds what CC and CXX name, or the first of the usual ones. */
export function findCompilers(env: Environment, platform: string = process.platform): Compilers | Missing {
  const usual = platform === 'win32' ? ON_WINDOWS : USUAL;
  const cc = first(env['CC'], usual.cc, env);
  const cxx = first(env['CXX'], usual.cxx, env);
  if (cc.version !== undefined && cxx.version !== undefined)
    return { cc: cc.program, cxx: cxx.program, version: cxx.version };
  const missing = [
    cc.version === undefined ? `no C compiler (${cc.tried})` : '',
    cxx.version === undefined ? `no C++ compiler (${cxx.tried})` : '',
  ];
  return { missing: missing.filter(Boolean).join(' and ') };
}

export function toolchainOf({ cc, cxx, version }: Compilers, platform: string = process.platform): Toolchain {
  const compilers = { platform, cc: words(cc), cxx: words(cxx) };
  if (platform === 'win32')
    return { ...compilers, flags: ['-target', 'x86_64-windows-gnu'], ldflags: ['-s'] };
  // Clang needs a linker of its own for link-time optimisation, which is not always there.
  const flags = /clang/i.test(version) ? [] : ['-flto'];
  const ldflags =
    platform === 'darwin'
      ? ['-undefined', 'dynamic_lookup']
      : ['-Wl,-z,nodelete', '-Wl,-s', '-Wl,--version-script=native/node/exports.map'];
  return { ...compilers, flags, ldflags };
}

function first(given: string | undefined, usual: readonly string[], env: Environment) {
  const programs = given ? [given] : usual;
  for (const program of programs) {
    const version = versionOf(program, env);
    if (version !== undefined) return { program, version };
  }
  return { program: '', tried: programs.join(', ') };
}

/** CC may be `ccache gcc`. */
function words(command: string): string[] {
  return command.split(/\s+/).filter(Boolean);
}

function versionOf(command: string, env: Environment): string | undefined {
  const [program = '', ...args] = words(command);
  const { status, stdout } = spawnSync(program, [...args, '--version'], {
    encoding: 'utf8',
    env: { ...env },
  });
  return status === 0 ? (stdout.split('\n')[0] ?? '') : undefined;
}
