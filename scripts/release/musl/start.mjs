// Stands where pnpm's executable, a Node for musl, looks for pnpm: runs the script of its first argument.
import { createRequire } from 'node:module';

process.argv.splice(1, 1);
createRequire(import.meta.url)(process.argv[1]);
