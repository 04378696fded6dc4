// `npm run fuzz -- --seconds N`: builds the fuzzer (test/fuzz, with clang or the compiler in CC) and lets it look for byte
// strings that break something, from the committed corpus on. With --update-corpus, what it found out goes into the corpus.
import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative } from './cmake.mjs';
import {
  CommandFailed,
  isThere,
  packageRoot,
  run,
  script,
  ScriptError,
  show,
  withTempFolder,
} from './run.mjs';

const corpus = path.join(packageRoot, 'test/fuzz/corpus');
/** A program takes well under a millisecond: longer ones and slower ones say nothing more. */
const LIMITS = ['-max_len=2048', '-timeout=10', '-rss_limit_mb=2048'];

/**
 * Puts a few byte strings into the corpus that reach, together, all that those in the folder reach. The shortest are left out: it
 * would take very many of them.
 * @param {string} fuzzer
 * @param {string} found
 */
async function updateCorpus(fuzzer, found) {
  for (const file of readdirSync(found))
    if (statSync(path.join(found, file)).size < 64) rmSync(path.join(found, file));
  rmSync(corpus, { recursive: true });
  mkdirSync(corpus);
  await run([fuzzer, '-merge=1', '-use_counters=0', '-max_len=512', corpus, found]);
  console.log(`test/fuzz/corpus: ${readdirSync(corpus).length} byte strings`);
}

await script('fuzz', async () => {
  const { seconds, workers, ...values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      workers: { type: 'string', default: String(Math.min(availableParallelism(), 8)) },
      'update-corpus': { type: 'boolean', default: false },
    },
  }).values;
  const clang = process.env.CC ?? 'clang';
  if (!(await isThere([clang])))
    throw new ScriptError(
      'the fuzzer needs clang and its runtime libraries: on Debian, apt-get install clang libclang-rt-14-dev\n' +
        '(the number is that of `clang --version`)',
    );
  const sanitizers = '-DSANITIZE=address,undefined,fuzzer-no-link';
  const folder = await buildNative('fuzz', ['-DFUZZ=ON', `-DCMAKE_C_COMPILER=${clang}`, sanitizers]);
  const fuzzer = path.join(folder, 'test/fuzz/fuzz-buddy');
  const findings = path.join(folder, 'findings/');
  mkdirSync(findings, { recursive: true });
  await withTempFolder(async (found) => {
    cpSync(corpus, found, { recursive: true });
    const options = [...LIMITS, `-max_total_time=${seconds}`, `-fork=${workers}`];
    await show([fuzzer, found, ...options, `-artifact_prefix=${findings}`]).catch((error) => {
      throw error instanceof CommandFailed
        ? new ScriptError(`it has found something: to see it again, ${fuzzer} ${findings}FILE`)
        : error;
    });
    if (values['update-corpus']) await updateCorpus(fuzzer, found);
  });
  console.log(`fuzz: no findings in ${seconds} s`);
});
