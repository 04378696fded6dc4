// What a prebuilt binary may ask of the system that loads it, by target; and what one asks too much.

import { isElf, readElf } from './elf.mjs';
import { isMachO, readMachO } from './mach-o.mjs';
import { GLIBC, MACOS } from './targets.mjs';

const NODE_API = /^(napi|node_api)_/;
const GLIBC_LIBRARIES = /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-[\w-]+\.so\.\d)$/;
const MUSL_LIBRARIES = /^libc\.so$/;
const LIBSYSTEM = '/usr/lib/libSystem.B.dylib';

/**
 * What is wrong with a binary for a target, a sentence each.
 * @param {Buffer} file
 * @param {import('./targets.mjs').Target} target
 * @returns {string[]}
 */
export function problemsOf(file, target) {
  try {
    if (target.platform === 'darwin')
      return isMachO(file) ? machOProblems(file, target) : ['it is no Mach-O file'];
    return isElf(file) ? elfProblems(file, target) : ['it is no ELF file'];
  } catch (error) {
    return [/** @type {Error} */ (error).message];
  }
}

/** @param {Buffer} file @param {import('./targets.mjs').Target} target */
function elfProblems(file, { arch, libc }) {
  const binary = readElf(file);
  const libraries = libc === 'musl' ? MUSL_LIBRARIES : GLIBC_LIBRARIES;
  return [
    ...(binary.arch === arch ? [] : [`it is for ${binary.arch}`]),
    ...(binary.isStripped ? [] : ['it is not stripped']),
    ...(binary.stays ? [] : ['it was not linked with -z nodelete']),
    ...binary.searchPaths.map((path) => `it has the search path ${path}`),
    ...binary.needed.filter((name) => !libraries.test(name)).map((name) => `it needs ${name}`),
    ...binary.definedSymbols
      .filter((name) => !NODE_API.test(name))
      .map((name) => `it shows ${name} to others`),
    ...binary.undefinedSymbols.flatMap((symbol) => symbolProblems(symbol, libc)),
  ];
}

/** @param {{ name: string, version: string | undefined }} symbol @param {string | undefined} libc */
function symbolProblems({ name, version }, libc) {
  if (NODE_API.test(name)) return version === undefined ? [] : [`${name} has the version ${version}`];
  if (libc === 'musl') return version === undefined ? [] : [`${name} is glibc's (${version})`];
  if (version === undefined) return [`nobody is said to have ${name}`];
  return isAtMost(version, GLIBC)
    ? []
    : [`${name} is of ${version}, newer than GLIBC_${GLIBC} or not glibc's`];
}

/** @param {string} version such as GLIBC_2.4 or GLIBCXX_3.4 @param {string} newest */
function isAtMost(version, newest) {
  const [, digits] = /^GLIBC_([\d.]+)$/.exec(version) ?? [];
  if (digits === undefined) return false;
  const [parts, most] = [digits, newest].map((text) => text.split('.').map(Number));
  const at = most.findIndex((part, i) => part !== (parts[i] ?? 0));
  return at < 0 || (parts[at] ?? 0) < most[at];
}

/** @param {Buffer} file @param {import('./targets.mjs').Target} target */
function machOProblems(file, { arch }) {
  const binary = readMachO(file);
  const isFromNode = (/** @type {string} */ name) => NODE_API.test(name);
  return [
    ...(binary.arch === arch ? [] : [`it is for ${binary.arch}`]),
    ...(binary.oldestSystem === MACOS ? [] : [`it needs macOS ${binary.oldestSystem}`]),
    ...(binary.isSigned || arch !== 'arm64' ? [] : ['it is not signed']),
    ...binary.searchPaths.map((path) => `it has the search path ${path}`),
    ...binary.needed.filter((name) => name !== LIBSYSTEM).map((name) => `it needs ${name}`),
    ...binary.undefinedSymbols
      .filter(
        ({ name, from }) =>
          isFromNode(name) !== (from === 'the loader') || (!isFromNode(name) && from !== LIBSYSTEM),
      )
      .map(({ name, from }) => `${name} comes from ${from}`),
  ];
}
