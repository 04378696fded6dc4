// Demands of a prebuilt binary on the system that loads it, read from what LLVM's tools print, and those that are too high.
import { CommandFailed, run, ScriptError } from '../run.mjs';
import { GLIBC, MACOS } from './targets.mjs';

/**
 * @typedef {object} Binary
 * @property {'ELF' | 'Mach-O' | 'PE'} format
 * @property {string} arch as Node calls it
 * @property {string[]} needed libraries
 * @property {{ name: string, from: string }[]} imports each from a version of glibc, a library, or '', from whoever has it
 * @property {string[]} exports
 * @property {string[]} flaws whatever the target, a sentence each
 */

const NODE_API = /^(napi|node_api)_/;
/** Node's names of processors, by LLVM's. */
const ARCHS = new Map([
  ['x86_64', 'x64'],
  ['aarch64', 'arm64'],
]);
/**
 * By C library, or else by platform: the format, the libraries that may be needed, and where what is bound may come from.
 * @type {Readonly<Record<string, { format: string, libraries: RegExp, mayBind: (from: string) => boolean }>>}
 */
const RULES = {
  glibc: {
    format: 'ELF',
    libraries: /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-[\w-]+\.so\.\d)$/,
    mayBind: (from) => from.startsWith('GLIBC_') && !isNewer(from.slice('GLIBC_'.length), GLIBC),
  },
  musl: { format: 'ELF', libraries: /^libc\.so$/, mayBind: (from) => from === '' },
  darwin: {
    format: 'Mach-O',
    libraries: /^\/usr\/lib\/libSystem\.B\.dylib$/,
    mayBind: (from) => from === 'libSystem',
  },
  // Node-API is no import: native/node/windows.c finds it in the program.
  win32: {
    format: 'PE',
    libraries: /^(KERNEL32|ADVAPI32|api-ms-win-crt-[\w-]+)\.dll$/i,
    mayBind: (from) => from !== '',
  },
};

/** @param {string} version @param {string} other */
function isNewer(version, other) {
  return version.localeCompare(other, 'en', { numeric: true }) > 0;
}

/**
 * Says what is wrong with a binary for a target, a sentence each.
 * @param {Binary} binary
 * @param {import('./targets.mjs').Target} target
 * @returns {string[]}
 */
export function problemsOf({ format, arch, needed, imports, exports, flaws }, target) {
  const rule = RULES[target.libc ?? target.platform];
  if (format !== rule.format) return [`it is no ${rule.format} file`];
  const isWrong = (/** @type {{ name: string, from: string }} */ { name, from }) =>
    NODE_API.test(name) ? from !== '' : !rule.mayBind(from);
  return [
    ...(arch === target.arch ? [] : [`it is for ${arch}`]),
    ...flaws,
    ...needed.filter((name) => !rule.libraries.test(name)).map((name) => `it needs ${name}`),
    ...imports.filter(isWrong).map(({ name, from }) => `${name} comes from ${from || 'nobody'}`),
    ...exports.filter((name) => !NODE_API.test(name)).map((name) => `it shows ${name} to others`),
  ];
}

/** @param {string} file @returns {Promise<Binary>} */
export async function readBinary(file) {
  const llvm = (/** @type {string} */ tool, /** @type {string[]} */ ...options) =>
    run([tool, ...options, file]).catch((error) => {
      throw error instanceof CommandFailed && error.missing
        ? new ScriptError(`${error.missing} is not installed: apt-get install llvm`)
        : error;
    });
  const header = await llvm('llvm-readobj', '--file-headers');
  if (header.includes('\nFormat: elf64'))
    return readElf(await llvm('llvm-readobj', '--sections', '--dynamic-table', '--dyn-syms'));
  if (header.includes('\nFormat: COFF'))
    return readPe(await llvm('llvm-readobj', '--coff-imports', '--coff-exports'));
  // Only objdump shows what is bound to which library.
  return readMachO(
    header + (await llvm('llvm-objdump', '--macho', '--private-headers', '--bind', '--lazy-bind')),
  );
}

/** @param {string} text of llvm-readobj --sections --dynamic-table --dyn-syms @returns {Binary} */
export function readElf(text) {
  const symbols = blocksIn(text, 'Symbol').map((block) => {
    const [name = '', from = ''] = (allIn(block, /^ *Name: (\S*) \(\d+\)$/gm)[0] ?? '').split(/@+/);
    return { name, from, isImport: /^ *Section: Undefined /m.test(block) };
  });
  // Skips the first part, which is empty.
  const named = symbols.filter(({ name }) => name !== '');
  return {
    format: 'ELF',
    arch: archIn(text),
    needed: allIn(text, / NEEDED +Shared library: \[(.*)\]/g),
    imports: named.filter(({ isImport }) => isImport).map(({ name, from }) => ({ name, from })),
    exports: named.filter(({ isImport }) => !isImport).map(({ name }) => name),
    flaws: [
      ...(/Type: SHT_SYMTAB /.test(text) ? ['it is not stripped'] : []),
      ...(/ FLAGS_1 .*\bNODELETE\b/.test(text) ? [] : ['it was not linked with -z nodelete']),
      ...searchPaths(allIn(text, / R(?:UN)?PATH +Library [\w ]+: \[(.*)\]/g)),
    ],
  };
}

/** @param {string} text of llvm-readobj --file-headers and llvm-objdump --macho --private-headers --bind --lazy-bind @returns {Binary} */
export function readMachO(text) {
  const bound = text.matchAll(/^__\w+ +__\w+ +0x[\dA-F]+ .*?(\S+) +_(\S+)(?: \(weak import\))?$/gm);
  const imports = new Map(Array.from(bound, ([, from = '', name = '']) => [name, from]));
  const [oldest] = allIn(text, / minos (\S+)/g);
  const arch = archIn(text);
  return {
    format: 'Mach-O',
    arch,
    needed: allIn(text, /cmd LC_LOAD_DYLIB\n.*\n +name (\S+) /g),
    imports: Array.from(imports, ([name, from]) => ({ name, from: from === 'flat-namespace' ? '' : from })),
    exports: [],
    flaws: [
      ...(oldest === MACOS ? [] : [`it needs macOS ${oldest}`]),
      ...(arch === 'arm64' && !/cmd LC_CODE_SIGNATURE/.test(text) ? ['it is not signed'] : []),
      ...searchPaths(allIn(text, /cmd LC_RPATH\n.*\n +path (\S+) /g)),
    ],
  };
}

/** @param {string} text of llvm-readobj --coff-imports --coff-exports @returns {Binary} */
export function readPe(text) {
  const imports = blocksIn(text, 'Import').flatMap((block) => {
    const [from = ''] = allIn(block, /^ *Name: (\S+)$/gm);
    return allIn(block, /^ *Symbol: (\S+) /gm).map((name) => ({ name, from }));
  });
  return {
    format: 'PE',
    arch: archIn(text),
    needed: [...new Set(imports.map(({ from }) => from))],
    imports,
    exports: blocksIn(text, 'Export').flatMap((block) => allIn(block, /^ *Name: (\S+)$/gm)),
    flaws: [],
  };
}

/** @param {string[]} paths */
function searchPaths(paths) {
  return paths.map((path) => `it has the search path ${path}`);
}

/** @param {string} text */
function archIn(text) {
  const [arch = 'unknown'] = allIn(text, /^Arch: (\S+)$/gm);
  return ARCHS.get(arch) ?? arch;
}

/** Gives the lines between `NAME {` and its end. @param {string} text @param {string} name */
function blocksIn(text, name) {
  return allIn(text, new RegExp(`^(?: *)${name} \\{\\n([^]*?)^ *\\}$`, 'gm'));
}

/** Gives the match of a pattern's group. @param {string} text @param {RegExp} pattern */
function allIn(text, pattern) {
  return Array.from(text.matchAll(pattern), ([, found = '']) => found);
}
