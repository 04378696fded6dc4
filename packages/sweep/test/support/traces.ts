/** Makes traces up, the same ones for a seed. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export const CHUNK = 4096;

/** Writes a trace of allocations of 1 to 16 chunks, of which up to 40 live at a time; gives its name. */
export function writeTrace(folder: string, name: string, seed: number, requests: number): string {
  const random = xoroshiro128plus(seed);
  const draw = (below: number) => uniformInt(random, 0, below - 1);
  const live: number[] = [];
  const lines = [`buddy.new ${1024 * CHUNK} ${CHUNK}`];
  for (let id = 0; id < requests; id++) {
    if (live.length === 40 || (live.length > 0 && draw(5) < 2)) {
      const [list = 0] = live.splice(draw(live.length), 1);
      lines.push(`blocks.free ${list}`);
    } else {
      lines.push(`buddy.alloc ${id} ${CHUNK * (1 + draw(16))}`);
      live.push(id);
    }
  }
  writeFileSync(path.join(folder, name), `${lines.join('\n')}\n`);
  return name;
}
