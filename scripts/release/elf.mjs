// Reads what a shared library of 64-bit Linux asks of the system: an ELF file's dynamic section, its symbols and their versions.

const MACHINES = new Map([
  [62, 'x64'],
  [183, 'arm64'],
]);
const SHT_SYMTAB = 2;
const SHT_DYNAMIC = 6;
const SHT_DYNSYM = 11;
const SHT_VERNEED = 0x6ffffffe;
const SHT_VERSYM = 0x6fffffff;
const DT_NEEDED = 1n;
const DT_RPATH = 15n;
const DT_RUNPATH = 29n;
const DT_FLAGS_1 = 0x6ffffffbn;
const DF_1_NODELETE = 8n;

/**
 * @typedef {object} Section
 * @property {number} type
 * @property {number} offset
 * @property {number} size
 * @property {number} link the section that goes with it
 * @property {number} info
 */

/** @param {Buffer} file */
export function isElf(file) {
  return file.length > 64 && file.readUInt32BE(0) === 0x7f454c46;
}

/** @param {Buffer} file */
export function readElf(file) {
  if (file[4] !== 2 || file[5] !== 1) throw new Error('it is no 64-bit, little-endian ELF file');
  const sections = readSections(file);
  const find = (/** @type {number} */ type) => sections.find((section) => section.type === type);
  const dynamic = find(SHT_DYNAMIC);
  const symbols = find(SHT_DYNSYM);
  if (!dynamic || !symbols) throw new Error('it is no shared library');
  const entries = readDynamic(file, dynamic, sections[dynamic.link]);
  const texts = (/** @type {bigint[]} */ ...tags) =>
    entries.flatMap(({ tag, text }) => (tags.includes(tag) ? [text()] : []));
  return {
    format: 'ELF',
    arch: MACHINES.get(file.readUInt16LE(18)) ?? 'unknown',
    needed: texts(DT_NEEDED),
    searchPaths: texts(DT_RPATH, DT_RUNPATH),
    stays: entries.some(({ tag, value }) => tag === DT_FLAGS_1 && (value & DF_1_NODELETE) !== 0n),
    isStripped: !find(SHT_SYMTAB),
    ...readSymbols(file, symbols, sections),
  };
}

/** @param {Buffer} file @returns {Section[]} */
function readSections(file) {
  const start = Number(file.readBigUInt64LE(40));
  const [size, count] = [file.readUInt16LE(58), file.readUInt16LE(60)];
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * size;
    return {
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 24)),
      size: Number(file.readBigUInt64LE(at + 32)),
      link: file.readUInt32LE(at + 40),
      info: file.readUInt32LE(at + 44),
    };
  });
}

/** @param {Buffer} file @param {Section} section @param {Section} strings */
function readDynamic(file, { offset, size }, strings) {
  return Array.from({ length: size / 16 }, (_, i) => {
    const value = file.readBigUInt64LE(offset + 16 * i + 8);
    return {
      tag: file.readBigUInt64LE(offset + 16 * i),
      value,
      text: () => textAt(file, strings.offset + Number(value)),
    };
  });
}

/** @param {Buffer} file @param {Section} section @param {Section[]} sections */
function readSymbols(file, { offset, size, link }, sections) {
  const strings = sections[link];
  const versions = readVersions(file, sections);
  const marks = sections.find(({ type }) => type === SHT_VERSYM);
  /** @type {{ name: string, version: string | undefined }[]} */
  const undefinedSymbols = [];
  /** @type {string[]} */
  const definedSymbols = [];
  // The first one is empty.
  for (let i = 1; i < size / 24; i++) {
    const at = offset + 24 * i;
    const name = textAt(file, strings.offset + file.readUInt32LE(at));
    if (file.readUInt16LE(at + 6) !== 0) definedSymbols.push(name);
    else {
      const mark = marks ? file.readUInt16LE(marks.offset + 2 * i) & 0x7fff : 0;
      undefinedSymbols.push({ name, version: versions.get(mark) });
    }
  }
  return { undefinedSymbols, definedSymbols };
}

/** Versions that are needed, by the number that marks them. @param {Buffer} file @param {Section[]} sections */
function readVersions(file, sections) {
  /** @type {Map<number, string>} */
  const versions = new Map();
  const section = sections.find(({ type }) => type === SHT_VERNEED);
  if (!section) return versions;
  const strings = sections[section.link];
  for (let at = section.offset, left = section.info; left > 0; left--) {
    let entry = at + file.readUInt32LE(at + 8);
    for (let count = file.readUInt16LE(at + 2); count > 0; count--) {
      versions.set(file.readUInt16LE(entry + 6), textAt(file, strings.offset + file.readUInt32LE(entry + 8)));
      entry += file.readUInt32LE(entry + 12);
    }
    at += file.readUInt32LE(at + 12);
  }
  return versions;
}

/** @param {Buffer} file @param {number} at */
function textAt(file, at) {
  return file.toString('latin1', at, file.indexOf(0, at));
}
