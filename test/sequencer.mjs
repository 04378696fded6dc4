/**
 * Runs the files that wait for the garbage collector first: V8 may forget to call back any FinalizationRegistry of a process once
 * the context of an earlier file is gone, if that had a call to come (its task then returns early, and none is posted after it).
 * The files that wait leave none behind (support/collector.ts).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

export default class extends Sequencer {
  /** @param {{ path: string }[]} tests */
  sort(tests) {
    const sorted = super.sort(tests);
    const first = sorted.filter(({ path }) => readFileSync(path, 'utf8').includes('support/collector'));
    return [...first, ...sorted.filter((test) => !first.includes(test))];
  }
}
