// Small recordings of every format that the importers know, written into a folder.
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './view.mjs';

const VMA = {
  General: { API: 'Vulkan' },
  DefaultPools: {
    'Type 0': {
      Blocks: {
        0: {
          TotalBytes: 1024,
          Suballocations: [
            { Offset: 0, Type: 'BUFFER', Size: 64 },
            { Offset: 64, Type: 'FREE', Size: 192 },
            { Offset: 256, Type: 'IMAGE_OPTIMAL', Size: 24, Name: 'shadow map' },
          ],
        },
      },
    },
  },
};

const RMM = [
  'Thread,Time,Action,Pointer,Size,Stream',
  '7,09:00:00.000001,allocate,0x7f0000000000,1000,0x0',
  '7,09:00:00.000005,allocate,0x7f0000001000,256,0x2',
  '8,09:00:00.000010,allocate failure,(nil),1024,0x0',
  '7,09:00:00.000020,free,0x7f0000001000,256,0x2',
];

const AOSP = ['5: malloc 0x10 20', '5: calloc 0x20 4 8', '6: memalign 0x40 16 104', '5: free 0x10'];

/** Hostile labels: each is text, and nothing else. */
export const LABELS = [
  '<script>globalThis.isHacked = true</script>',
  '<img src=x onerror="globalThis.isHacked = true">',
  '\u202egnp.exe',
];

const LABELLED = [
  'gpu-buddy-trace 2',
  'buddy.new 0x100000 0x1000',
  ...LABELS.map((label, id) => `buddy.alloc ${id} 0x4000 label=${JSON.stringify(label)} account=0`),
];

/**
 * Gives each sample's arguments for `gpu-buddy view`.
 * @param {string} folder
 * @returns {Promise<Record<string, string[]>>}
 */
export async function samples(folder) {
  /** @param {string} name @param {string} text */
  const written = (name, text) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const { writeSnapshot } = await import(path.join(root, 'tools/import/snapshot.mjs'));
  const snapshot = path.join(folder, 'snapshot.pickle');
  writeSnapshot(snapshot, 5e6);
  const recorded = readdirSync(path.join(root, 'examples/traces'))
    .filter((name) => name.endsWith('.trace.gz'))
    .map((name) => [name, [path.join(root, 'examples/traces', name)]]);
  return {
    ...Object.fromEntries(recorded),
    'vma.json': ['--size', '64K', written('vma.json', JSON.stringify(VMA))],
    'rmm.csv': ['--size', '64K', written('rmm.csv', `${RMM.join('\n')}\n`)],
    'aosp.txt': ['--size', '64K', written('aosp.txt', `${AOSP.join('\n')}\n`)],
    'snapshot.pickle': ['--size', '24G', '--frames', snapshot],
    'labels.trace': [written('labels.trace', `${LABELLED.join('\n').replaceAll(' account=0', '')}\n`)],
  };
}
