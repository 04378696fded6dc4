/** Reads what `GpuBuddy.save()` has written, as the lines of a trace. */
import { toState, type GpuBuddyState } from '../saved-state';
import { lineOf } from './format-operation';
import { decodeText } from './import/decode-text';
import { readWhole } from './import/read-whole';
import type { Recording } from './import/recording';
import { systemReason } from './system-reason';
import { operationsOf } from './state-operations';
import { TraceError } from './trace-error';

const HEAD = /^\s*\{\s*"format"\s*:\s*"gpu-buddy"/;

/** Longest state in bytes. */
const MAX_SIZE = 2 ** 29;

/** Whether bytes begin as a saved state does. */
export function isSavedState(head: Buffer): boolean {
  return HEAD.test(decodeText(head));
}

/** Gives the lines. @throws TraceError where the state is too long, is no JSON, or contradicts itself */
export async function* savedStateLines(recording: Recording): AsyncGenerator<string, undefined> {
  const bytes = await readWhole(recording, MAX_SIZE);
  let text = '';
  for (const operation of operationsOf(parsed(recording.name, bytes))) {
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
