/** Makes a sweep from a specification: finds its traces and hashes them, and fills in what was left out. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { kernelVersion } from 'gpu-buddy';
import { glob, isDynamicPattern } from 'tinyglobby';
import { loadKernel } from '../replay/kernels.js';
import { reasonOf, SweepError } from '../sweep-error.js';
import { toBytes } from './byte-size.js';
import { MEASURES } from './measures.js';
import type { Specification } from './specification.js';
import type { Size, Sweep, SweptTrace } from './sweep.js';
import { BUILT_IN, RECORDED } from './words.js';

const DEFAULT_WINDOW = 32;

/** Version of gpu-buddy. */
export const LIBRARY = (
  createRequire(import.meta.url)('gpu-buddy/package.json') as { readonly version: string }
).version;

/** A sweep, and where the files of its traces are on this machine. */
export interface PlannedSweep {
  readonly sweep: Sweep;
  /** Paths by hash. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Makes a sweep.
 *
 * @param folder where paths and globs of the specification begin
 * @throws SweepError `ERR_SWEEP_SPECIFICATION`, `ERR_SWEEP_KERNEL`, `ERR_SWEEP_TRACE` where a file cannot be read
 */
export async function makeSweep(specification: Specification, folder: string): Promise<PlannedSweep> {
  const { sizes = [RECORDED], minBlockSizes = [RECORDED], kernels = [BUILT_IN], stop = {} } = specification;
  const files = new Map<string, string>();
  const traces: SweptTrace[] = [];
  for (const { file, name, reading } of await findTraces(specification, folder)) {
    const { hash, bytes } = await hashFile(file);
    files.set(hash, file);
    traces.push({ name, hash, bytes, ...reading });
  }
  const sweep: Sweep = {
    library: LIBRARY,
    traces,
    kernels: unique(
      kernels.map((kernel) => loadKernel(kernel === BUILT_IN ? kernelVersion : kernel).release),
    ),
    modes: unique(specification.modes ?? ['simple']),
    minBlockSizes: unique(minBlockSizes.map(toBytesAsRecorded)),
    sizes: unique(sizes.map(toSize)),
    chunkSize: toBytesAsRecorded(specification.chunkSize ?? RECORDED),
    seeds: unique(specification.shuffles?.seeds ?? [RECORDED]),
    window: specification.shuffles?.window ?? DEFAULT_WINDOW,
    measures: MEASURES.filter((measure) => specification.measures?.includes(measure) ?? true),
    byTime: specification.byTime ?? false,
    atFirstFit: stop.atFirstFit ?? false,
    failedJobs: stop.failedJobs ?? 0,
    seconds: stop.seconds ?? 0,
    store: toStore(specification.store ?? 'redis'),
  };
  return { sweep, files };
}

interface FoundTrace {
  readonly file: string;
  readonly name: string;
  readonly reading: Omit<SweptTrace, 'name' | 'hash' | 'bytes'>;
}

/** Gives the files of all traces, those of a glob sorted by path. */
async function findTraces({ traces }: Specification, folder: string): Promise<FoundTrace[]> {
  const found: FoundTrace[] = [];
  for (const trace of traces) {
    const { file: pattern, name, ...reading } = typeof trace === 'string' ? { file: trace } : trace;
    const paths = isDynamicPattern(pattern)
      ? (await glob(pattern, { cwd: folder, expandDirectories: false })).sort()
      : [pattern];
    if (paths.length === 0) throw invalid(`no file fits ${pattern}`);
    if (name !== undefined && paths.length > 1)
      throw invalid(`${pattern} fits several files, which can't all be "${name}"`);
    for (const one of paths) found.push({ file: path.resolve(folder, one), name: name ?? one, reading });
  }
  const names = new Set<string>();
  for (const { name } of found) {
    if (names.has(name)) throw invalid(`two traces are named ${name}: give one another "name"`);
    names.add(name);
  }
  return found;
}

async function hashFile(file: string): Promise<{ hash: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw new SweepError('ERR_SWEEP_TRACE', `${file}: ${reasonOf(error)}`, error);
  }
  return { hash: hash.digest('hex'), bytes };
}

function toBytesAsRecorded(size: number | string): number | typeof RECORDED {
  return size === RECORDED ? RECORDED : toBytes(size);
}

function toSize(size: number | string): Size {
  return typeof size === 'string' && size.endsWith('%') ? size : toBytesAsRecorded(size);
}

/** Refuses credentials: the sweep is shown to every worker. */
function toStore(store: string): string {
  if (store === 'redis') return store;
  if (!URL.canParse(store)) throw invalid('store is no URL');
  const url = new URL(store);
  if (url.username || url.password || url.search)
    throw invalid('store must have no credentials and no query: they belong into the environment');
  return url.href.replace(/\/+$/, '');
}

function invalid(message: string): SweepError {
  return new SweepError('ERR_SWEEP_SPECIFICATION', message);
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
