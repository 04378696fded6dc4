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

/** What is missing, for people. */
export interface Missing {
  readonly missing: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What CC and CXX name, or the first of the usual ones. */
export function findCompilers(env: Environment): Compilers | Missing {
  const cc = first(env['CC'], ['cc', 'gcc', 'clang'], env);
  const cxx = first(env['CXX'], ['c++', 'g++', 'clang++'], env);
  if (cc.version !== undefined && cxx.version !== undefined)
    return { cc: cc.program, cxx: cxx.program, version: cxx.version };
  const missing = [
    cc.version === undefined ? `no C compiler (${cc.tried})` : '',
    cxx.version === undefined ? `no C++ compiler (${cxx.tried})` : '',
  ];
  return { missing: missing.filter(Boolean).join(' and ') };
}

export function toolchainOf({ cc, cxx, version }: Compilers): Toolchain {
  // Clang needs a linker of its own for link-time optimisation, which is not always there.
  const flags = /clang/i.test(version) ? [] : ['-flto'];
  const ldflags =
    process.platform === 'darwin'
      ? ['-undefined', 'dynamic_lookup']
      : ['-Wl,-z,nodelete', '-Wl,-s', '-Wl,--version-script=native/node/exports.map'];
  return { cc: words(cc), cxx: words(cxx), flags, ldflags };
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
