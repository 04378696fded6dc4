// Prints, for binding.gyp, the objects of the addon that hold the kernel's allocator and what it stands on; or, with the
// word `includes`, the folders of the headers.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { linux, kernel, posix, includes } = JSON.parse(
  readFileSync(path.join(root, 'native/sources.json'), 'utf8'),
);

/** Where `npm run build -- native` leaves the object of a source. @param {string} source */
function objectOf(source) {
  return path.join(root, 'build/Release/obj.target/gpu_buddy', source.replace(/\.c$/, '.o'));
}

const printed =
  process.argv[2] === 'includes'
    ? includes.map((folder) => path.join(root, folder))
    : [...linux, ...kernel, ...posix].map(objectOf);
console.log(printed.join('\n'));
