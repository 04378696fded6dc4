/** The allocator of AssemblyScript's runtime: compiled to WebAssembly here, as a program in that language would have it. */

const SOURCE = `
export function alloc(size: usize): usize { return heap.alloc(size); }
export function free(address: usize): void { heap.free(address); }
`;

/** @param {any} compiler @param {number} size @returns {Promise<import('./index.mjs').Allocator>} */
export async function openTlsf({ default: asc }, size) {
  const { error, stderr, binary } = await asc.compileString(SOURCE, { optimizeLevel: 3, runtime: 'minimal' });
  if (error) throw new Error(`AssemblyScript: ${stderr}`);
  // Its types are those of a browser.
  const { instance } = await globalThis['WebAssembly'].instantiate(binary, {
    env: {
      abort() {
        throw new Error('AssemblyScript: abort');
      },
    },
  });
  const { alloc, free, memory } = instance.exports;
  // It asks for more only where it has to, and has no other limit.
  memory.grow(size / 65536);
  return { alloc, free };
}
