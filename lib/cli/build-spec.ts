/** The command line of `gpu-buddy build`. */
import { HELP, type CommandSpec } from './command-spec';

export const BUILD = {
  name: 'build',
  operands: '',
  summary: 'compile the addon, where no prebuilt one fits',
  about: `Compiles the native addon from the sources in this package, for this machine, into build/Release/,
where it is found before a prebuilt one. Needs a C11 and a C++20 compiler, and nothing else: no network,
no make, no Python. CC and CXX name others than cc, gcc, clang and c++, g++, clang++; on Windows, than
zig.`,
  options: {
    kernel: {
      type: 'string',
      value: 'SERIES',
      help: `in a checkout: build that of another kernel, such as 6.12, into
packages/linux-6.12. Its sources are fetched, and taken by their hashes
alone; see docs/internals/kernels.md`,
    },
    help: HELP,
  },
  notes: 'Exit status: 0, or 2 where it could not be done.',
} as const satisfies CommandSpec;
