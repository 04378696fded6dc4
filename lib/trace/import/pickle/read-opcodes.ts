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
   * @throws Error where the opcode makes no sense here: its message says why
   */
  visit(opcode: number, bytes: Buffer, start: number, end: number): void;
}

/**
 * Gives all opcodes of a pickle up to STOP to a visitor.
 *
 * @param name what errors call the pickle
 * @throws TraceError where it is cut, damaged, or has an opcode that is refused
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
        const start = argumentStart(bytes, at);
        if (start === 0) break;
        const end = argumentEnd(bytes, at, start);
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

/** Where the argument of an opcode begins; 0 where its length is not all there yet. @throws Error */
function argumentStart(bytes: Buffer, at: number): number {
  const opcode = bytes[at] ?? 0;
  const length = ARGUMENTS[opcode] ?? REFUSED;
  if (length === REFUSED) throw new Error(whyRefused(opcode));
  const start = at + 1 + Math.max(0, -length);
  return start <= bytes.length ? start : 0;
}

/** @throws Error */
function argumentEnd(bytes: Buffer, at: number, start: number): number {
  const length = ARGUMENTS[bytes[at] ?? 0] ?? 0;
  if (length >= 0) return start + length;
  let counted = bytes.readUIntLE(at + 1, Math.min(4, -length));
  if (length === -8) counted += bytes.readUInt32LE(at + 5) * 2 ** 32;
  if (counted > MAX_ARGUMENT) throw new Error(`an argument of ${counted} bytes is too long`);
  return start + counted;
}

function damaged(name: string, position: number, reason: string, cause?: unknown): TraceError {
  return new TraceError({ file: name }, `byte ${position}: ${reason}`, { cause });
}
