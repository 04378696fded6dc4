/** Says how to install tools that a build lacks, on this system. */
import { readFileSync } from 'node:fs';

export type Tool = 'compilers' | 'cmake' | 'ninja' | 'make' | 'python' | 'archives';

interface System {
  readonly name: string;
  /** The values of ID or ID_LIKE in /etc/os-release. */
  readonly ids: readonly string[];
  readonly install: string;
  readonly packages: Readonly<Record<Tool, string>>;
}

const SYSTEMS: readonly System[] = [
  {
    name: 'Debian, Ubuntu',
    ids: ['debian', 'ubuntu'],
    install: 'apt-get install',
    packages: {
      compilers: 'g++',
      cmake: 'cmake',
      ninja: 'ninja-build',
      make: 'make',
      python: 'python3',
      archives: 'tar xz-utils',
    },
  },
  {
    name: 'Fedora, RHEL',
    ids: ['fedora', 'rhel'],
    install: 'dnf install',
    packages: {
      compilers: 'gcc-c++',
      cmake: 'cmake',
      ninja: 'ninja-build',
      make: 'make',
      python: 'python3',
      archives: 'tar xz',
    },
  },
  {
    name: 'Alpine',
    ids: ['alpine'],
    install: 'apk add',
    packages: {
      compilers: 'g++',
      cmake: 'cmake',
      ninja: 'samurai',
      make: 'make',
      python: 'python3',
      archives: 'tar xz',
    },
  },
  {
    name: 'Arch',
    ids: ['arch'],
    install: 'pacman -S',
    packages: {
      compilers: 'gcc',
      cmake: 'cmake',
      ninja: 'ninja',
      make: 'make',
      python: 'python',
      archives: 'tar xz',
    },
  },
  {
    name: 'openSUSE',
    ids: ['suse'],
    install: 'zypper install',
    packages: {
      compilers: 'gcc-c++',
      cmake: 'cmake',
      ninja: 'ninja',
      make: 'make',
      python: 'python3',
      archives: 'tar xz',
    },
  },
];

/** Apple's command-line tools, which bring all but what Homebrew has. */
const XCODE = 'xcode-select --install';
const BREWED: Partial<Record<Tool, string>> = { cmake: 'cmake', ninja: 'ninja', archives: 'xz' };

/** Brings both compilers. */
const ZIG = 'winget install zig.zig';

/**
 * Gives the command that installs tools, or, on a system that is not known, those of all that are.
 *
 * @param ids of the system, `darwin` for macOS, `win32` for Windows; this one's unless given
 */
export function installText(tools: readonly Tool[], ids: readonly string[] = systemIds()): string {
  if (ids.includes('darwin')) return `Install what is missing: ${macCommand(tools)}`;
  if (ids.includes('win32')) return `Install what is missing: ${ZIG}`;
  const system = SYSTEMS.find((one) => one.ids.some((id) => ids.includes(id)));
  if (system) return `Install what is missing: ${command(system, tools)}`;
  const lines = SYSTEMS.map((one) => `  ${one.name.padEnd(17)}${command(one, tools)}`);
  const others = [`  ${'macOS'.padEnd(17)}${macCommand(tools)}`, `  ${'Windows'.padEnd(17)}${ZIG}`];
  return ['Install what is missing:', ...lines, ...others].join('\n');
}

function command({ install, packages }: System, tools: readonly Tool[]): string {
  return [install, ...tools.map((tool) => packages[tool])].join(' ');
}

function macCommand(tools: readonly Tool[]): string {
  const brewed = tools.flatMap((tool) => BREWED[tool] ?? []);
  return [
    ...(brewed.length < tools.length ? [XCODE] : []),
    ...(brewed.length > 0 ? [`brew install ${brewed.join(' ')}`] : []),
  ].join(' && ');
}

/** Reads the names of this system and of those that it is like. */
function systemIds(): string[] {
  if (process.platform !== 'linux') return [process.platform];
  try {
    const lines = readFileSync('/etc/os-release', 'utf8').matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm);
    return [...lines].flatMap(([, ids = '']) => ids.split(' '));
  } catch {
    return [];
  }
}
