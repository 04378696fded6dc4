/** Reads a pickle opcode by opcode, in bounded memory. Knows how long they are, not what they mean. */
import { systemReason } from '../../system-reason';
import { TraceError } from '../../trace-error';
import type { ByteSource } from '../byte-source';
import { ARGUMENTS, Op, REFUSED, whyRefused } from './opcodes';

/** The longest argument that is read, in bytes. */
const MAX_ARGUMENT = 2 ** 26;

/** Takes one opcode after another. */
export interface OpcodeVisitor {
  /**
   * @param bytes hold the opcode's argument, from `start` to `end`
   * @throws Error if the opcode makes no sense here: its message says why
   */
  visit(opcode: number, bytes: Buffer, start: number, end: number): void;
}

/**
 * Gives all opcodes of a pickle up to STOP to a visitor.
 *
 * @param name what errors call the pickle
 * @throws TraceError if it is cut, damaged, or has an opcode that is refused
 */
export async function readOpcodes(
  source: ByteSource,
  name: string,
  visitor: OpcodeVisitor,
  onProgress: ((done: number, whole: number) => void) | undefined,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  let at = 0;
  try {
    for await (const chunk of source) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      for (at = 0; ;) {
        const opcode = bytes[at];
        if (opcode === undefined) break;
        const length = ARGUMENTS[opcode] ?? REFUSED;
        const start = at + 1 + (length < 0 ? -length : 0);
        const end = length < 0 ? start + countedLength(bytes, at, length) : start + length;
        if (end > bytes.length) break;
        visitor.visit(opcode, bytes, start, end);
        if (opcode === Op.STOP) return;
        at = end;
      }
      position += at;
      rest = bytes.subarray(at);
      at = 0;
      onProgress?.(source.done, source.whole);
    }
  } catch (error) {
    throw damaged(name, position + at, systemReason(error), error);
  }
  throw damaged(name, position + rest.length, 'the pickle ends too early');
}

/** Reads the length of an argument, which stands before it; gives `Infinity` if it is not all there yet. @throws Error */
function countedLength(bytes: Buffer, at: number, size: number): number {
  if (size === REFUSED) throw new Error(whyRefused(bytes[at] ?? 0));
  if (at - size >= bytes.length) return Infinity;
  if (size === -1) return bytes[at + 1] ?? 0;
  const high = size === -8 ? bytes.readUInt32LE(at + 5) : 0;
  const length = high * 2 ** 32 + bytes.readUInt32LE(at + 1);
  if (length > MAX_ARGUMENT) throw new Error(`an argument of ${length} bytes is too long`);
  return length;
}

function damaged(name: string, position: number, reason: string, cause?: unknown): TraceError {
  return new TraceError({ file: name }, `byte ${position}: ${reason}`, { cause });
}
