/** The opcodes of Python's pickles, protocols 2 to 5: those that make plain data are read, all others are refused by name. */

/** The opcodes that are read, by name. */
export const Op = {
  PROTO: 0x80,
  FRAME: 0x95,
  STOP: 0x2e,
  MARK: 0x28,
  POP: 0x30,
  POP_MARK: 0x31,
  NONE: 0x4e,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  BININT: 0x4a,
  BININT1: 0x4b,
  BININT2: 0x4d,
  LONG1: 0x8a,
  LONG4: 0x8b,
  BINFLOAT: 0x47,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE: 0x58,
  BINUNICODE8: 0x8d,
  SHORT_BINBYTES: 0x43,
  BINBYTES: 0x42,
  BINBYTES8: 0x8e,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  APPENDS: 0x65,
  EMPTY_TUPLE: 0x29,
  TUPLE: 0x74,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  EMPTY_DICT: 0x7d,
  SETITEM: 0x73,
  SETITEMS: 0x75,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  MEMOIZE: 0x94,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
} as const;

/** The opcodes that would import a name or call something, and what they would do. */
const CALLS: Readonly<Record<number, string>> = {
  0x63: 'GLOBAL, which imports a name',
  0x93: 'STACK_GLOBAL, which imports a name',
  0x52: 'REDUCE, which calls a function',
  0x62: 'BUILD, which calls a method',
  0x69: 'INST, which makes an instance of a class',
  0x6f: 'OBJ, which makes an instance of a class',
  0x81: 'NEWOBJ, which makes an instance of a class',
  0x92: 'NEWOBJ_EX, which makes an instance of a class',
  0x82: 'EXT1, which imports a registered name',
  0x83: 'EXT2, which imports a registered name',
  0x84: 'EXT4, which imports a registered name',
  0x50: 'PERSID, which calls a loader',
  0x51: 'BINPERSID, which calls a loader',
};

/** The opcodes of other data. */
const OTHERS: Readonly<Record<number, string>> = {
  0x32: 'DUP',
  0x46: 'FLOAT',
  0x49: 'INT',
  0x4c: 'LONG',
  0x53: 'STRING',
  0x54: 'BINSTRING',
  0x55: 'SHORT_BINSTRING',
  0x56: 'UNICODE',
  0x64: 'DICT',
  0x67: 'GET',
  0x6c: 'LIST',
  0x70: 'PUT',
  0x8f: 'EMPTY_SET',
  0x90: 'ADDITEMS',
  0x91: 'FROZENSET',
  0x96: 'BYTEARRAY8',
  0x97: 'NEXT_BUFFER',
  0x98: 'READONLY_BUFFER',
};

/** Explains why an opcode is refused. */
export function whyRefused(opcode: number): string {
  const call = CALLS[opcode];
  if (call !== undefined) return `has the opcode ${call}: it is refused, and nothing of it was run`;
  const other = OTHERS[opcode];
  if (other !== undefined) return `has the opcode ${other}, which a memory snapshot does not need`;
  return `has the unknown opcode 0x${opcode.toString(16).padStart(2, '0')}`;
}

/** An opcode that is refused. */
export const REFUSED = -100;

/** Bytes of each opcode's argument; if negative, bytes of the length that stands before the argument. */
export const ARGUMENTS: Int8Array = argumentsOf({
  [Op.PROTO]: 1,
  [Op.FRAME]: 8,
  [Op.BININT]: 4,
  [Op.BININT1]: 1,
  [Op.BININT2]: 2,
  [Op.BINFLOAT]: 8,
  [Op.BINPUT]: 1,
  [Op.LONG_BINPUT]: 4,
  [Op.BINGET]: 1,
  [Op.LONG_BINGET]: 4,
  [Op.LONG1]: -1,
  [Op.LONG4]: -4,
  [Op.SHORT_BINUNICODE]: -1,
  [Op.BINUNICODE]: -4,
  [Op.BINUNICODE8]: -8,
  [Op.SHORT_BINBYTES]: -1,
  [Op.BINBYTES]: -4,
  [Op.BINBYTES8]: -8,
});

function argumentsOf(lengths: Readonly<Record<number, number>>): Int8Array {
  const table = new Int8Array(256).fill(REFUSED);
  for (const opcode of Object.values(Op)) table[opcode] = lengths[opcode] ?? 0;
  return table;
}
