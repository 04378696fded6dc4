// Rolls the declarations that tsc has written to dist/ up into one file for each entry: what users see is what is public, and
// nothing else. Fails where a public type speaks of one that is not exported.
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { packageRoot } from './run.mjs';

const dist = path.join(packageRoot, 'dist');
/**
 * The declarations of entries that others import: only what lies in a node_modules is imported from there, not written into each
 * once more. Classes with private fields must be the same everywhere.
 * @type {Record<string, string>}
 */
const SHARED = {
  'index.d.ts': path.join(packageRoot, 'node_modules/.cache/gpu-buddy.d.ts'),
  'trace/index.d.ts': path.join(packageRoot, 'node_modules/.cache/gpu-buddy-trace.d.ts'),
};
/** Declarations of each entry, and their sources: lib/api.ts declares what lib/index.ts gives. */
const ENTRIES = Object.entries({
  'index.d.ts': 'api.d.ts',
  'trace/index.d.ts': 'trace/index.d.ts',
  'queue/index.d.ts': 'queue/index.d.ts',
  'metrics/index.d.ts': 'metrics/index.d.ts',
  'inspect/index.d.ts': 'inspect/index.d.ts',
  'draw/index.d.ts': 'draw/index.d.ts',
});

/** @param {string} entry */
function rolledUp(entry) {
  return `${entry}.rolled`;
}

/** @param {string} entry @param {string} source */
function rollUp(entry, source) {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(packageRoot, 'package.json'),
    configObject: {
      projectFolder: packageRoot,
      mainEntryPointFilePath: source,
      compiler: {
        overrideTsconfig: {
          extends: './tsconfig.build.json',
          compilerOptions: {
            paths: { 'gpu-buddy': [SHARED['index.d.ts']], 'gpu-buddy/trace': [SHARED['trace/index.d.ts']] },
          },
        },
      },
      dtsRollup: { enabled: true, untrimmedFilePath: rolledUp(entry) },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Error },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  const { succeeded } = Extractor.invoke(config, {
    messageCallback(message) {
      // Hides which compiler it uses.
      if (message.logLevel === ExtractorLogLevel.Info) message.logLevel = ExtractorLogLevel.None;
    },
  });
  if (!succeeded) throw new Error(`The declarations of ${entry} can't be rolled up.`);
}

for (const [name, source] of ENTRIES) {
  const entry = path.join(dist, name);
  rollUp(entry, path.join(dist, source));
  if (SHARED[name]) cpSync(rolledUp(entry), SHARED[name]);
}
for (const file of readdirSync(dist, { encoding: 'utf8', recursive: true }))
  if (file.endsWith('.d.ts')) rmSync(path.join(dist, file));
for (const [name] of ENTRIES) renameSync(rolledUp(path.join(dist, name)), path.join(dist, name));
