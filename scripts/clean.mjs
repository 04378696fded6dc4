// Removes folders that the build makes: what is named on the command line, below the package's own folder.
import { rmSync } from 'node:fs';

for (const folder of process.argv.slice(2))
  rmSync(new URL(`../${folder}/`, import.meta.url), { recursive: true, force: true });
