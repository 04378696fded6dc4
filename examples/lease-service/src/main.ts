/** `npm start [-- FOLDER]`: runs the service on a data folder, `data` unless given. Stops at SIGTERM and SIGINT. */
import process from 'node:process';
import { openConfig } from './config.ts';
import { startService } from './service.ts';

/** Milliseconds that requests have to be answered when the service stops. */
const PATIENCE = 10_000;
/** Milliseconds that refusals have to leave when the disk fails. */
const LAST_WORDS = 100;

const [folder = 'data'] = process.argv.slice(2);
const { config, tokens } = openConfig(folder);
if (tokens.length > 0)
  console.log(
    `${folder}/config.json is new. Only now it can be told what its tokens are:\n  ${tokens.join('\n  ')}`,
  );

const service = await startService(config, folder, (error) => {
  console.error('The leases on disk are not known any more. Start the service again.', error);
  setTimeout(() => process.exit(1), LAST_WORDS);
});
console.log(`Listens at ${service.url}`);

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    setTimeout(() => process.exit(1), PATIENCE).unref();
    void service.close();
  });
