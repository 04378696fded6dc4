// Drops five lists while a listener of the channel throws. Sends how many errors came of that, and what became of the lists.
const { subscribe } = require('node:diagnostics_channel');
const { GpuBuddy } = require(process.argv[2]);

let errors = 0;
process.on('uncaughtException', () => errors++);
subscribe('gpu-buddy:reclaimed', () => {
  throw new Error('on purpose');
});

const buddy = new GpuBuddy({ size: 1 << 20 });

function drop() {
  for (let i = 0; i < 5; i++) buddy.allocBlocks(4096);
}

async function main() {
  drop();
  for (let turn = 0; turn < 100 && (errors < 5 || buddy.avail < buddy.size); turn++) {
    global.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.send({ errors, whole: buddy.avail === buddy.size });
  process.disconnect();
}

void main();
