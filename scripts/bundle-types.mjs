// Rolls the declarations that tsc has written to dist/ up into one file for each entry: what users see is what is public, and
// nothing else. Fails where a public type speaks of one that is not exported.
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
/**
 * The main entry's declarations, for the others: only what lies in a node_modules is imported from there, not written into each
 * once more. Classes with private fields must be the same everywhere.
 */
const main = path.join(root, 'node_modules/.cache/gpu-buddy.d.ts');
const ENTRIES = ['index.d.ts', 'trace/index.d.ts', 'queue/index.d.ts'].map((name) => path.join(dist, name));

/** @param {string} entry */
function rolledUp(entry) {
  return `${entry}.rolled`;
}

/** @param {string} entry */
function rollUp(entry) {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          extends: './tsconfig.build.json',
          compilerOptions: { paths: { 'gpu-buddy': [main] } },
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
      // Which compiler it uses is of no interest; the class stands behind `GpuBuddy`.
      if (message.logLevel === ExtractorLogLevel.Info || message.text.includes('"GpuBuddyClass"'))
        message.logLevel = ExtractorLogLevel.None;
    },
  });
  if (!succeeded) throw new Error(`The declarations of ${entry} can't be rolled up.`);
}

for (const entry of ENTRIES) {
  rollUp(entry);
  if (entry === ENTRIES[0]) cpSync(rolledUp(entry), main);
}
for (const file of readdirSync(dist, { encoding: 'utf8', recursive: true }))
  if (file.endsWith('.d.ts')) rmSync(path.join(dist, file));
for (const entry of ENTRIES) renameSync(rolledUp(entry), entry);
