/** Reads the effects that a report holds: frames, each behind its length, deflated, in base64. */
import { EffectsTable } from '../../trace/effects/effects-table';

/** Bytes of a length, the lowest first. */
const LENGTH_BYTES = 4;

export async function readEffects(base64: string): Promise<EffectsTable> {
  const bytes = await inflated(decoded(base64));
  const view = new DataView(bytes.buffer);
  const table = new EffectsTable();
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    at += LENGTH_BYTES;
    table.append(bytes.subarray(at, at + length));
    at += length;
    // The page stays alive meanwhile.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return table;
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
