// Prints, for binding.gyp, what native/sources.json says of the word given: `objects`, those of the addon that hold the kernel's
// allocator and what it stands on; `includes`, the folders of the headers; `cflags`.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { linux, kernel, posix, includes, cflags } = JSON.parse(
  readFileSync(path.join(root, 'native/sources.json'), 'utf8'),
);

/** Tells where `npm run build -- native` leaves the object of a source. @param {string} source */
function objectOf(source) {
  return path.join(root, 'build/Release/obj.target/gpu_buddy', source.replace(/\.c$/, '.o'));
}

const printed = {
  objects: [...linux, ...kernel, ...posix].map(objectOf),
  includes: includes.map((folder) => path.join(root, folder)),
  cflags,
};
console.log(printed[process.argv[2]].join('\n'));
