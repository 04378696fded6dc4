// Reads what a binary asks of the system that loads it, from what LLVM's tools print: ELF, Mach-O and PE alike.

import { execFileSync } from 'node:child_process';
import { ToolMissing } from './installed.mjs';

/** @typedef {{ name: string, version: string | undefined }} ElfSymbol */
/** @typedef {{ name: string, from: string }} Import from a library, or from wherever it is found */
/** @typedef {ReturnType<typeof readElf>} Elf */
/** @typedef {ReturnType<typeof readMachO>} MachO */
/** @typedef {ReturnType<typeof readPe>} Pe */

/** Node's names of processors, by LLVM's. */
const ARCHS = new Map([
  ['x86_64', 'x64'],
  ['aarch64', 'arm64'],
]);
/** The loader looks in all libraries, and in the program. */
const ANYWHERE = 'flat-namespace';

/**
 * @param {string} file
 * @returns {Elf | MachO | Pe}
 * @throws ToolMissing; Error where the file is no binary
 */
export function readBinary(file) {
  const readobj = (/** @type {string[]} */ ...options) => toolText('llvm-readobj', [...options, file]);
  const header = readobj('--file-headers');
  if (/^Format: elf64/m.test(header)) return readElf(readobj('--sections', '--dynamic-table', '--dyn-syms'));
  if (/^Format: Mach-O/m.test(header)) {
    // Only objdump shows what is bound to which library.
    const options = ['--macho', '--private-headers', '--bind', '--lazy-bind'];
    return readMachO(header + toolText('llvm-objdump', [...options, file]));
  }
  if (/^Format: COFF/m.test(header)) return readPe(readobj('--coff-imports', '--coff-exports'));
  throw new Error('it is of an unknown format');
}

/** @param {string} tool @param {string[]} args */
function toolText(tool, args) {
  try {
    return execFileSync(tool, args, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { code, stderr } = /** @type {{ code?: string, stderr?: string }} */ (error);
    if (code === 'ENOENT') throw new ToolMissing(`${tool} is not installed: apt-get install llvm`);
    throw new Error(`it is no binary: ${stderr?.trim()}`, { cause: error });
  }
}

/** @param {string} text of llvm-readobj --sections --dynamic-table --dyn-syms */
export function readElf(text) {
  const symbols = blocksOf(text, 'Symbol').map((block) => {
    const [name = '', version] = (allOf(block, /^ *Name: (\S*) \(\d+\)$/gm)[0] ?? '').split(/@+/);
    return { name, version, isUndefined: /^ *Section: Undefined /m.test(block) };
  });
  // The first one is empty.
  const named = symbols.filter(({ name }) => name !== '');
  return {
    format: /** @type {const} */ ('ELF'),
    arch: archOf(text),
    needed: allOf(text, / NEEDED +Shared library: \[(.*)\]/g),
    searchPaths: allOf(text, / R(?:UN)?PATH +Library [\w ]+: \[(.*)\]/g),
    stays: / FLAGS_1 .*\bNODELETE\b/.test(text),
    isStripped: !/Type: SHT_SYMTAB /.test(text),
    undefinedSymbols: named
      .filter(({ isUndefined }) => isUndefined)
      .map(({ name, version }) => ({ name, version })),
    definedSymbols: named.filter(({ isUndefined }) => !isUndefined).map(({ name }) => name),
  };
}

/** @param {string} text of llvm-readobj --file-headers and llvm-objdump --macho --private-headers --bind --lazy-bind */
export function readMachO(text) {
  const bound = text.matchAll(/^__\w+ +__\w+ +0x[\dA-F]+ .*?(\S+) +_(\S+)(?: \(weak import\))?$/gm);
  const imports = new Map(
    Array.from(bound, ([, from = '', name = '']) => [name, from === ANYWHERE ? 'the loader' : from]),
  );
  return {
    format: /** @type {const} */ ('Mach-O'),
    arch: archOf(text),
    needed: allOf(text, /cmd LC_LOAD_DYLIB\n.*\n +name (\S+) /g),
    searchPaths: allOf(text, /cmd LC_RPATH\n.*\n +path (\S+) /g),
    isSigned: /cmd LC_CODE_SIGNATURE/.test(text),
    oldestSystem: allOf(text, / minos (\S+)/g)[0],
    imports: Array.from(imports, ([name, from]) => ({ name, from })),
  };
}

/** @param {string} text of llvm-readobj --coff-imports --coff-exports */
export function readPe(text) {
  return {
    format: /** @type {const} */ ('PE'),
    arch: archOf(text),
    imports: blocksOf(text, 'Import').flatMap((block) => {
      const [from = ''] = allOf(block, /^ *Name: (\S+)$/gm);
      return allOf(block, /^ *Symbol: (\S+) /gm).map((name) => ({ name, from }));
    }),
    exports: blocksOf(text, 'Export').flatMap((block) => allOf(block, /^ *Name: (\S+)$/gm)),
  };
}

/** @param {string} text */
function archOf(text) {
  const [arch = 'unknown'] = allOf(text, /^Arch: (\S+)$/gm);
  return ARCHS.get(arch) ?? arch;
}

/** The lines between `NAME {` and its end. @param {string} text @param {string} name */
function blocksOf(text, name) {
  const block = new RegExp(`^( *)${name} \\{\\n([^]*?)^\\1\\}$`, 'gm');
  return Array.from(text.matchAll(block), ([, , lines = '']) => lines);
}

/** What the group in a pattern matches. @param {string} text @param {RegExp} pattern */
function allOf(text, pattern) {
  return Array.from(text.matchAll(pattern), ([, found = '']) => found);
}
