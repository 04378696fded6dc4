// The format of a trace: what each line means, and what is said of a line that means nothing.
import { describe, expect, test } from '@jest/globals';
import { parseOperation, TraceError, type TraceOperation } from 'gpu-buddy/trace';

function errorOf(line: string): TraceError {
  try {
    parseOperation(line, { file: 'some.trace', line: 7 });
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
  throw new Error(`"${line}" was accepted`);
}

describe('a line of the format', () => {
  test.each<[string, TraceOperation]>([
    ['# some text', { kind: 'comment', text: '# some text' }],
    ['#', { kind: 'comment', text: '#' }],
    ['init 0x100000 4096', { kind: 'init', size: 0x100000, chunkSize: 4096 }],
    [
      'alloc 7 0x0 0x100000 65536 0x2000 0x8',
      { kind: 'alloc', id: 7, start: 0, end: 0x100000, size: 65536, minBlockSize: 0x2000, flags: 8 },
    ],
    ['free 0 0x0', { kind: 'free', id: 0, cleared: false }],
    ['free 12 0x10', { kind: 'free', id: 12, cleared: true }],
    ['free 12 16', { kind: 'free', id: 12, cleared: true }],
    ['trim 3 - 0x1000', { kind: 'trim', id: 3, start: undefined, newSize: 4096 }],
    ['trim 3 0xfff000 0', { kind: 'trim', id: 3, start: 0xfff000, newSize: 0 }],
    ['free 9007199254740991 0x0', { kind: 'free', id: Number.MAX_SAFE_INTEGER, cleared: false }],
    ['reset_clear 0x1', { kind: 'reset_clear', clear: true }],
    ['free_block 3 14', { kind: 'free_block', id: 3, index: 14 }],
    ['reset_clear 0', { kind: 'reset_clear', clear: false }],
    ['reset_clear 1', { kind: 'reset_clear', clear: true }],
    ['lookup 0xABCdef', { kind: 'lookup', address: 0xabcdef }],
    ['print', { kind: 'print' }],
    ['fini', { kind: 'fini' }],
  ])('%s', (line, operation) => {
    expect(parseOperation(line)).toEqual(operation);
  });

  test.each([
    ['0', 0],
    ['0x0', 0],
    ['999999999999999', 999999999999999],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['0x1fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['0x00000000000000000000000000000001', 1],
    ['9007199254740992', 2n ** 53n],
    ['0x20000000000000', 2n ** 53n],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['0xffffffffffffffff', 2n ** 64n - 1n],
    ['0xfffffffffffff000', 2n ** 64n - 4096n],
  ])('takes the number %s as it is', (text, address) => {
    expect(parseOperation(`lookup ${text}`)).toEqual({ kind: 'lookup', address });
  });
});

describe('a line that is none of the format', () => {
  test.each([
    ['', 1, 'the line is empty'],
    [' print', 1, 'the line begins with a space'],
    ['malloc 1 2', 1, 'unknown operation "malloc"'],
    ['Init 0x1000 0x1000', 1, 'unknown operation "Init"'],
    ['init\t0x1000 0x1000', 1, 'unknown operation "init\\t0x1000"'],
    ['\u001b[31mred', 1, 'unknown operation "\\u001b[31mred"'],
    ['print\r', 6, 'the line ends in a carriage return'],
    ['# text\r', 7, 'the line ends in a carriage return'],
    ['print ', 7, 'a space ends the line in "print"'],
    ['print now', 7, 'a field too many in "print"'],
    ['init 0x1000', 12, 'CHUNK is missing in "init SIZE CHUNK"'],
    ['init', 5, 'SIZE is missing'],
    ['init 0x1000  0x1000', 13, 'CHUNK is empty: one space stands between fields'],
    ['init 0x1000 0x1000 0', 20, 'a field too many'],
    ['alloc 1 0 0 0x1000 0x1000', 26, 'FLAGS is missing'],
    ['alloc 1 0 0 0x1000 0x1000 0 0', 29, 'a field too many'],
    ['alloc 0x7f2a 0 0 0x1000 0x1000 0', 7, 'ID "0x7f2a" is hexadecimal: it must be decimal in "alloc ID'],
    ['free 0X1F 0x0', 6, 'ID "0X1F" is hexadecimal: it must be decimal'],
    ['trim 00 - 0x1000', 6, 'ID "00" begins with a zero: it must be decimal without zeros before it'],
    ['free_block 01 0', 12, 'ID "01" begins with a zero: it must be decimal without zeros before it'],
    ['alloc 0000000000000000000000001 0 0 0 0 0', 7, 'begins with a zero: it must be decimal'],
    ['alloc -1 0 0 0x1000 0x1000 0', 7, 'ID "-1" is not a decimal number from 0 on'],
    ['alloc 0x 0 0 0x1000 0x1000 0', 7, 'ID "0x" is not a decimal number from 0 on'],
    ['alloc  0 0 0 0 0', 7, 'ID is empty: one space stands between fields'],
    [
      'alloc 9007199254740992 0 0 0 0 0',
      7,
      'ID "9007199254740992" is too large: it is at most 9007199254740991',
    ],
    ['alloc 9007199254740993 0 0 0 0 0', 7, 'ID "9007199254740993" is too large'],
    ['alloc 18446744073709551616 0 0 0 0 0', 7, 'ID "18446744073709551616" is too large'],
    ['lookup 12x', 8, 'ADDR "12x" is neither a decimal nor a 0x-hex number'],
    ['lookup 0x', 8, 'ADDR "0x" is neither'],
    ['lookup 0X10', 8, 'ADDR "0X10" is neither'],
    ['lookup 0xg', 8, 'ADDR "0xg" is neither'],
    ['lookup 1e3', 8, 'ADDR "1e3" is neither'],
    ['lookup 1.5', 8, 'ADDR "1.5" is neither'],
    ['lookup -', 8, 'ADDR "-" is neither'],
    [
      'lookup 010',
      8,
      'ADDR "010" begins with a zero, which is octal to some: write it as decimal or as 0x-hex',
    ],
    ['alloc 1 0 0 0x1000 0x1000 x', 27, 'FLAGS "x" is neither a decimal nor a 0x-hex number'],
    ['lookup 18446744073709551616', 8, 'ADDR does not fit in 64 bits'],
    ['lookup 0x10000000000000000', 8, 'ADDR does not fit in 64 bits'],
    ['trim 1 -- 0x1000', 8, 'START "--" is neither a decimal nor a 0x-hex number, nor a single "-"'],
    ['trim 1 01 0x1000', 8, 'START "01" begins with a zero'],
    ['trim 1 -', 9, 'NEWSIZE is missing'],
    ['free 1 0x8', 8, 'FLAGS must be 0x0 or 0x10, not "0x8"'],
    ['free 1 cleared', 8, 'FLAGS must be 0x0 or 0x10, not "cleared"'],
    ['free 1 00', 8, 'FLAGS must be 0x0 or 0x10, not "00"'],
    ['free 1 0x10000000000000010', 8, 'FLAGS must be 0x0 or 0x10, not "0x10000000000000010"'],
    ['free 1  ', 8, 'FLAGS is empty'],
    ['reset_clear', 12, 'the state is missing'],
    ['reset_clear 2', 13, 'the state must be 0 or 1, not "2"'],
    ['reset_clear true', 13, 'the state must be 0 or 1, not "true"'],
    ['reset_clear 01', 13, 'the state must be 0 or 1, not "01"'],
    ['free_block 1 0x0', 14, 'INDEX "0x0" is hexadecimal: it must be decimal'],
    ['free_block 1 00', 14, 'INDEX "00" begins with a zero: it must be decimal'],
    ['free_block 1 first', 14, 'INDEX "first" is not a decimal number from 0 on'],
    ['free_block 1 99999999999999999999999', 14, 'INDEX "99999999999999999999999" is too large'],
  ])('%j is an error at its place', (line, column, reason) => {
    const error = errorOf(line);
    expect(error).toMatchObject({
      name: 'TraceError',
      code: 'ERR_GPU_BUDDY_TRACE',
      file: 'some.trace',
      line: 7,
      column,
    });
    expect(error.reason).toContain(reason);
    expect(error.message).toBe(`some.trace:7:${column}: ${error.reason}`);
  });

  test('is cut short in the message where it is long', () => {
    expect(errorOf('x'.repeat(10_000)).message.length).toBeLessThan(300);
    expect(errorOf(`lookup ${'9'.repeat(10_000)}`).message.length).toBeLessThan(300);
    expect(errorOf(`free ${'9'.repeat(10_000)} 0`).message.length).toBeLessThan(300);
    expect(errorOf(`free 1 ${'9'.repeat(10_000)}`).message.length).toBeLessThan(300);
  });
});
