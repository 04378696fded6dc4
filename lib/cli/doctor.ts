/** The command `gpu-buddy doctor`: what is installed here, which addon is loaded, and whether it works. */
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { packageFolder } from '../addon/folder';
import { platformText, thisPlatform } from '../addon/platform';
import { DOCTOR } from './doctor-spec';
import { helpText, parseCommand } from './command-spec';
import { countText } from '../trace/number-text';
import { VERSION } from '../addon/protocol';
import type { Terminal } from './terminal';

/** @throws UsageError; Error of the code ERR_GPU_BUDDY_NO_BINARY */
export async function doctor(args: readonly string[], terminal: Terminal): Promise<number> {
  const say = (label: string, text: string) => terminal.stdout.write(`${label.padEnd(12)}${text}\n`);
  if (parseCommand(DOCTOR, args).values.help) {
    terminal.stdout.write(helpText(DOCTOR));
    return 0;
  }
  say('gpu-buddy', VERSION);
  say('platform', platformText(thisPlatform()));
  const { addonFile, builtWith, hasFaults, kernelSha256, kernelVersion } = await import('../native.js');
  say('addon', `${addonText(addonFile)}, built with ${builtWith}`);
  say('kernel', `drivers/gpu/buddy.c of Linux ${kernelVersion}`);
  say('', `SHA-256 ${kernelSha256}`);
  say('features', featuresText(hasFaults));
  let passed = true;
  const { selfTests } = await import('./self-tests.js');
  for (const [name, test] of Object.entries(selfTests)) {
    const result = await resultOf(test);
    passed &&= !result.startsWith('FAILED');
    say(name === Object.keys(selfTests)[0] ? 'self-test' : '', `${name}: ${result}`);
  }
  return passed ? 0 : 1;
}

function addonText(file: string): string {
  const path = relative(packageFolder, file);
  return `${path.startsWith('..') ? file : path} (${countText(statSync(file).size)} bytes)`;
}

function featuresText(hasFaults: boolean): string {
  const yesNo = (name: string, has: boolean) => `${name}: ${has ? 'yes' : 'no'}`;
  return [
    `Node-API ${process.versions['napi'] ?? '?'}`,
    yesNo('`using` without a compiler', knowsUsing()),
    yesNo('faults to inject', hasFaults),
  ].join(', ');
}

function knowsUsing(): boolean {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- only a parser can tell, and nothing is run
    return typeof new Function('{ using nothing = null; }') === 'function';
  } catch {
    return false;
  }
}

async function resultOf(test: () => string | undefined | Promise<string | undefined>): Promise<string> {
  try {
    const whyNot = await test();
    return whyNot === undefined ? 'passed' : `left out: ${whyNot}`;
  } catch (error) {
    return `FAILED: ${error instanceof Error ? error.message : String(error)}`;
  }
}
