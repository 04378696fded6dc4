/**
 * Runs many random programs. What is found is shrunk, and told as a trace that `gpu-buddy replay` runs, with what it
 * takes to find it again.
 *
 * | environment | means |
 * |---|---|
 * | `GPU_BUDDY_MODEL_RUNS` | how many programs; default below |
 * | `GPU_BUDDY_MODEL_SEED` | the seed that they come from; default 1 |
 * | `GPU_BUDDY_MODEL_PATH` | runs only the program that a failure has named so, with its seed |
 * | `GPU_BUDDY_MODEL_SHRINK` | 0: a failure is told as it was found |
 */
import fc from 'fast-check';
import { program } from './program';
import { explainProgram, runProgram } from './run';
import type { MakeSubject } from './subject';

const DEFAULT_RUNS = 2000;

export interface CheckOptions {
  readonly runs: number;
  readonly seed: number;
  readonly path?: string | undefined;
  /** Looks for the fewest calls that show the fault. Default: true. */
  readonly shrink?: boolean;
}

function numberFrom(name: string, fallback: number): number {
  const number = Number(process.env[name] ?? fallback);
  if (!Number.isSafeInteger(number)) throw new Error(`${name} must be a whole number.`);
  return number;
}

export function optionsFromEnvironment(): CheckOptions {
  return {
    runs: numberFrom('GPU_BUDDY_MODEL_RUNS', DEFAULT_RUNS),
    seed: numberFrom('GPU_BUDDY_MODEL_SEED', 1),
    path: process.env['GPU_BUDDY_MODEL_PATH'],
    shrink: process.env['GPU_BUDDY_MODEL_SHRINK'] !== '0',
  };
}

/** Describes a fault of an allocator that one of `runs` random programs finds; `undefined` if none does. */
export function findDisagreement(
  make: MakeSubject,
  { runs, seed, path, shrink = true }: CheckOptions,
): string | undefined {
  const property = fc.property(program, (given) => {
    runProgram(given, make);
  });
  // Errors are answers here, and their stacks are of no interest.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const details = fc.check(property, {
    numRuns: runs,
    seed,
    endOnFailure: !shrink,
    ...(path ? { path } : {}),
  });
  Error.stackTraceLimit = stackTraceLimit;
  if (!details.failed) return undefined;

  const [given] = details.counterexample ?? [];
  if (!given) return String(details.errorInstance);
  const { trace, disagreement } = explainProgram(given, make);
  return [
    disagreement ?? String(details.errorInstance),
    `Found by program ${details.numRuns} of ${runs}, shrunk ${details.numShrinks} times. The calls so far, for gpu-buddy replay:`,
    '',
    trace,
    `Again: GPU_BUDDY_MODEL_SEED=${details.seed} GPU_BUDDY_MODEL_PATH=${details.counterexamplePath ?? ''} npm run test:js -- test/model/model.test.ts`,
  ].join('\n');
}
