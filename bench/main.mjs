// `npm run bench`: measures, prints, writes results/ and, with --check, judges.
import { checkAgain } from './check.mjs';
import { parseOptions, usage } from './options.mjs';
import { prepare } from './prepare.mjs';

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.from !== undefined) return checkAgain(options.from);
  prepare();
  // Only now is everything there.
  const { run } = await import('./run.mjs');
  return run(options);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
