/**
 * The files that wait for the collector come first, each to a process in which none has been yet: V8 may forget to call back any
 * FinalizationRegistry of a process once the context of an earlier file is gone, if that had a call to come (its task then
 * returns early, and none is posted after it).
 */
import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

const FIRST = /[\\/]collector[\\/]/;

export default class extends Sequencer {
  /** @param {{ path: string }[]} tests */
  sort(tests) {
    const isFirst = (test) => FIRST.test(test.path);
    const sorted = super.sort(tests);
    return [...sorted.filter(isFirst), ...sorted.filter((test) => !isFirst(test))];
  }
}
