/** Reads pickles of plain data: twice, so that only what is used again has to be remembered. */
import type { Recording } from '../recording';
import { MemoUse } from './memo-use';
import { readOpcodes } from './read-opcodes';
import { Unpickler, type Absorb, type PickledValue } from './unpickler';

const CHUNK_SIZE = 2 ** 20;

/**
 * Reads the value of a pickle.
 *
 * @param absorb takes what is appended to a list, instead of the list
 * @throws TraceError if it is cut, damaged, or would import or call something
 */
export async function unpickle(
  recording: Recording,
  absorb: Absorb,
  onProgress: ((done: number, whole: number) => void) | undefined,
): Promise<PickledValue> {
  const use = new MemoUse();
  using first = await recording.read(CHUNK_SIZE);
  await readOpcodes(
    first,
    recording.name,
    use,
    onProgress &&
      ((done, whole) => {
        onProgress(done, 2 * whole);
      }),
  );
  const unpickler = new Unpickler(use, absorb);
  using second = await recording.read(CHUNK_SIZE);
  await readOpcodes(
    second,
    recording.name,
    unpickler,
    onProgress &&
      ((done, whole) => {
        onProgress(whole + done, 2 * whole);
      }),
  );
  return unpickler.value;
}
