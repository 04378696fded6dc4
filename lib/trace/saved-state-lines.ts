/** Reads what `GpuBuddy.save()` has written, as the lines of a trace. */
import { toState, type GpuBuddyState } from '../saved-state';
import { lineOf } from './format-operation';
import { decodeText } from './import/decode-text';
import type { Recording } from './import/recording';
import { systemReason } from './system-reason';
import { operationsOf } from './state-operations';
import { TraceError } from './trace-error';

const HEAD = /^\s*\{\s*"format"\s*:\s*"gpu-buddy"/;

/** JSON is read as a whole. */
const MAX_SIZE = 2 ** 29;

/** Whether bytes begin as a saved state does. */
export function isSavedState(head: Buffer): boolean {
  return HEAD.test(decodeText(head));
}

/** Gives the lines. @throws TraceError where the state is too long, is no JSON, or contradicts itself */
export async function* savedStateLines(recording: Recording): AsyncGenerator<string, undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  {
    using source = await recording.read();
    for await (const chunk of source) {
      parts.push(chunk);
      size += chunk.length;
      if (size > MAX_SIZE) throw new TraceError({ file: recording.name }, `is longer than ${MAX_SIZE} bytes`);
    }
  }
  let text = '';
  for (const operation of operationsOf(parsed(recording.name, Buffer.concat(parts)))) {
    text += `${lineOf(operation)}\n`;
    if (text.length < 1 << 16) continue;
    yield text;
    text = '';
  }
  yield text;
  return undefined;
}

function parsed(file: string, bytes: Buffer): GpuBuddyState {
  try {
    const state: unknown = JSON.parse(decodeText(bytes));
    toState(state);
    return state as GpuBuddyState;
  } catch (error) {
    throw new TraceError({ file }, `is no saved state: ${systemReason(error)}`, { cause: error });
  }
}
