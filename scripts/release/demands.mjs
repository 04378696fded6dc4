// What a prebuilt binary may ask of the system that loads it, by target; and what one asks too much.

import { readBinary } from './binary.mjs';
import { ToolMissing } from './installed.mjs';
import { GLIBC, MACOS } from './targets.mjs';

/** @typedef {import('./targets.mjs').Target} Target */

const NODE_API = /^(napi|node_api)_/;
const GLIBC_LIBRARIES = /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-[\w-]+\.so\.\d)$/;
const MUSL_LIBRARIES = /^libc\.so$/;
const WINDOWS_LIBRARIES = /^(KERNEL32|ADVAPI32|api-ms-win-crt-[\w-]+)\.dll$/i;
const LIBSYSTEM = '/usr/lib/libSystem.B.dylib';

/**
 * What is wrong with a binary for a target, a sentence each.
 * @param {string} file
 * @param {Target} target
 * @returns {string[]}
 * @throws ToolMissing
 */
export function problemsOfFile(file, target) {
  try {
    return problemsOf(readBinary(file), target);
  } catch (error) {
    if (error instanceof ToolMissing) throw error;
    return [/** @type {Error} */ (error).message];
  }
}

/**
 * What is wrong with what a binary asks for.
 * @param {ReturnType<typeof readBinary>} binary
 * @param {Target} target
 * @returns {string[]}
 */
export function problemsOf(binary, target) {
  const wanted = { linux: 'ELF', darwin: 'Mach-O', win32: 'PE' }[target.platform];
  if (binary.format !== wanted) return [`it is no ${wanted} file`];
  const problems = binary.arch === target.arch ? [] : [`it is for ${binary.arch}`];
  switch (binary.format) {
    case 'ELF':
      return [...problems, ...elfProblems(binary, target)];
    case 'Mach-O':
      return [...problems, ...machOProblems(binary, target)];
    case 'PE':
      return [...problems, ...peProblems(binary)];
  }
}

/** @param {import('./binary.mjs').Elf} binary @param {Target} target */
function elfProblems(binary, { libc }) {
  const libraries = libc === 'musl' ? MUSL_LIBRARIES : GLIBC_LIBRARIES;
  return [
    ...(binary.isStripped ? [] : ['it is not stripped']),
    ...(binary.stays ? [] : ['it was not linked with -z nodelete']),
    ...searchProblems(binary),
    ...binary.needed.filter((name) => !libraries.test(name)).map((name) => `it needs ${name}`),
    ...exportProblems(binary.definedSymbols),
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

/** @param {import('./binary.mjs').MachO} binary @param {Target} target */
function machOProblems(binary, { arch }) {
  const isFromNode = (/** @type {string} */ name) => NODE_API.test(name);
  return [
    ...(binary.oldestSystem === MACOS ? [] : [`it needs macOS ${binary.oldestSystem}`]),
    ...(binary.isSigned || arch !== 'arm64' ? [] : ['it is not signed']),
    ...searchProblems(binary),
    ...binary.needed.filter((name) => name !== LIBSYSTEM).map((name) => `it needs ${name}`),
    ...binary.imports
      .filter(({ name, from }) => from !== (isFromNode(name) ? 'the loader' : 'libSystem'))
      .map(({ name, from }) => `${name} comes from ${from}`),
  ];
}

/** Node-API is no import: native/node/windows.c finds it in the program. @param {import('./binary.mjs').Pe} binary */
function peProblems({ imports, exports }) {
  const libraries = new Set(imports.map(({ from }) => from));
  return [
    ...[...libraries].filter((name) => !WINDOWS_LIBRARIES.test(name)).map((name) => `it needs ${name}`),
    ...exportProblems(exports),
  ];
}

/** @param {{ searchPaths: string[] }} binary */
function searchProblems({ searchPaths }) {
  return searchPaths.map((path) => `it has the search path ${path}`);
}

/** @param {string[]} names */
function exportProblems(names) {
  return names.filter((name) => !NODE_API.test(name)).map((name) => `it shows ${name} to others`);
}
