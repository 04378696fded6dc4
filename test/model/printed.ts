/** Predicts the text of gpu_buddy_print() from the model. */
import { powerOfTwoUpTo } from './chunk-set';
import type { Memory } from './memory';
import { scaleOf, type Space } from './space';

const KIB = 1n << 10n;
const MIB = 1n << 20n;

export function printed(memory: Memory, space: Space): string {
  // The kernel's.
  const scale = scaleOf(space);
  const chunkSize = space.chunkSize * scale;
  const bytes = (chunks: number) => BigInt(chunks) * chunkSize;
  const mebibytes = (chunks: number) => `${bytes(chunks) / MIB}MiB`;
  const head =
    (scale > 1n ? `scale: ${scale}, by which all bytes below are larger\n` : '') +
    `chunk_size: ${chunkSize / KIB}KiB, total: ${mebibytes(memory.chunks)}, ` +
    `free: ${mebibytes(memory.free.size)}, clear_free: ${mebibytes(memory.clear.size)}\n`;

  const lines: string[] = [];
  const free = memory.freeBlocks();
  const used = memory.ownedBlocks();
  for (let count = powerOfTwoUpTo(memory.chunks); count >= 1; count /= 2) {
    const [unit, name] = bytes(count) < MIB ? [KIB, 'KiB'] : [MIB, 'MiB'];
    const freeBlocks = free.filter((block) => block.count === count).length;
    const usedBlocks = used.filter((block) => block.count === count).length;
    const amount = (blocks: number) =>
      `${String((bytes(count) * BigInt(blocks)) / unit).padStart(8)} ${name}`;
    lines.push(
      `order-${String(Math.log2(count)).padStart(2)} free: ${amount(freeBlocks)}, used: ${amount(usedBlocks)}, ` +
        `free_blocks: ${freeBlocks}, used_blocks: ${usedBlocks}\n`,
    );
  }
  return head + lines.join('');
}
