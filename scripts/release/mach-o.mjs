// Reads what a bundle or shared library of 64-bit macOS asks of the system: a Mach-O file's load commands and tables of symbols.

const MAGIC = 0xfeedfacf;
const ARCHS = new Map([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
]);
/** A shared library, a bundle. */
const LOADABLE = [6, 8];
const LC_LOAD_DYLIB = 0xc;
const LC_CODE_SIGNATURE = 0x1d;
const LC_BUILD_VERSION = 0x32;
const LC_RPATH = 0x8000001c;
const LC_DYLD_INFO_ONLY = 0x80000022;
/** In place of a library's number: whichever library has the symbol when it is loaded. */
const FLAT_LOOKUP = 0xe;

/** @param {Buffer} file */
export function isMachO(file) {
  return file.length > 32 && file.readUInt32LE(0) === MAGIC;
}

/** @param {Buffer} file */
export function readMachO(file) {
  if (!LOADABLE.includes(file.readUInt32LE(12))) throw new Error('it is neither a bundle nor a library');
  const commands = readCommands(file);
  const offsets = (/** @type {number} */ type) =>
    commands.filter((command) => command.type === type).map(({ at }) => at);
  // The text's offset is relative to its command.
  const textOf = (/** @type {number} */ at) => textAt(file, at + file.readUInt32LE(at + 8));
  const needed = offsets(LC_LOAD_DYLIB).map(textOf);
  const [tables] = offsets(LC_DYLD_INFO_ONLY);
  if (tables === undefined) throw new Error('it has no table of what is bound, or one of a newer kind');
  // At once, and when first used. Those that are weak are there, unless another library has them too.
  const bound = [16, 32].flatMap((place) => {
    const [start, size] = [0, 4].map((offset) => file.readUInt32LE(tables + place + offset));
    return readBindings(file.subarray(start, start + size), needed);
  });
  const [build] = offsets(LC_BUILD_VERSION);
  return {
    format: 'Mach-O',
    arch: ARCHS.get(file.readUInt32LE(4)) ?? 'unknown',
    needed,
    searchPaths: offsets(LC_RPATH).map(textOf),
    isSigned: offsets(LC_CODE_SIGNATURE).length > 0,
    oldestSystem: build === undefined ? undefined : versionText(file.readUInt32LE(build + 12)),
    undefinedSymbols: bound,
  };
}

/** @param {Buffer} file */
function readCommands(file) {
  const commands = [];
  for (let at = 32, left = file.readUInt32LE(16); left > 0; left--) {
    commands.push({ type: file.readUInt32LE(at), at });
    at += file.readUInt32LE(at + 4);
  }
  return commands;
}

/**
 * The instructions of one table, by which the loader looks for symbols; here, only what is looked for and where.
 * @param {Buffer} table
 * @param {string[]} libraries
 */
function readBindings(table, libraries) {
  /** @type {Map<string, string>} */
  const bindings = new Map();
  let [at, from, name] = [0, '', ''];
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = table.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const library = (/** @type {number} */ ordinal) => libraries[ordinal - 1] ?? `library ${ordinal}`;
  while (at < table.length) {
    const [operation, immediate] = [table[at] & 0xf0, table[at] & 0x0f];
    at++;
    switch (operation) {
      case 0x10:
        from = library(immediate);
        break;
      case 0x20:
        from = library(number());
        break;
      case 0x30:
        // Small negative numbers in four bits.
        from = immediate === FLAT_LOOKUP ? 'the loader' : `special library ${immediate}`;
        break;
      case 0x40:
        name = textAt(table, at);
        at += name.length + 1;
        break;
      case 0x60:
      case 0x70:
      case 0x80:
        number();
        break;
      case 0x90:
      case 0xb0:
        bindings.set(name, from);
        break;
      case 0xa0:
        bindings.set(name, from);
        number();
        break;
      case 0xc0:
        bindings.set(name, from);
        number();
        number();
        break;
      default:
        // The end of an entry, the kind of a binding: one byte each.
        break;
    }
  }
  return Array.from(bindings, ([symbol, from]) => ({ name: symbol.replace(/^_/, ''), from }));
}

/** @param {number} version */
function versionText(version) {
  return `${version >> 16}.${(version >> 8) & 0xff}`;
}

/** @param {Buffer} file @param {number} at */
function textAt(file, at) {
  return file.toString('latin1', at, file.indexOf(0, at));
}
