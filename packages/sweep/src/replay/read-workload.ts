/** Reads the workload of a trace from its file, and keeps those that were used last: jobs of one trace follow each other. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { openTrace, readWorkloads, type Workload } from 'gpu-buddy/trace';
import type { SweptTrace } from '../plan/sweep.js';
import { SweepError } from '../sweep-error.js';

/** Bytes of the longest line that is read. */
const MAX_LINE_LENGTH = 2 ** 26;

/** Requests of all workloads that are kept; each takes 41 bytes. */
const MAX_KEPT = 4_000_000;

export class Workloads {
  /** In the order in which they were used, the last one last. */
  readonly #kept = new Map<string, Workload>();

  /** @throws SweepError `ERR_SWEEP_TRACE` where the file is not the trace, `ERR_SWEEP_JOB`; TraceError where the trace is wrong */
  async of(trace: SweptTrace, file: string): Promise<Workload> {
    const key = JSON.stringify(trace);
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const workload = known ?? (await readWorkload(trace, file));
    this.#kept.set(key, workload);
    let requests = [...this.#kept.values()].reduce((sum, { length }) => sum + length, 0);
    for (const [other, { length }] of this.#kept) {
      if (requests <= MAX_KEPT || other === key) break;
      this.#kept.delete(other);
      requests -= length;
    }
    return workload;
  }
}

async function readWorkload(trace: SweptTrace, file: string): Promise<Workload> {
  await checkHash(trace, file);
  const { name, format, device, on, lenient } = trace;
  // A stream, so that errors have the trace's name, not the file's, which is another one on each machine.
  using lines = await openTrace(createReadStream(file), {
    name,
    format,
    device,
    maxLineLength: MAX_LINE_LENGTH,
  });
  const workloads = await readWorkloads(lines, lenient ? { onSkipped: () => undefined } : {});
  const wanted = on === undefined ? workloads : workloads.filter(({ allocator }) => allocator === on);
  const [workload, another] = wanted;
  if (workload && !another) return workload;
  const known = workloads.map(({ allocator }) => allocator).join(', ');
  if (workloads.length === 0) throw new SweepError('ERR_SWEEP_JOB', `${name}: nothing is allocated`);
  const what = workload ? `has ${workloads.length} allocators` : `has no allocator ${String(on)}`;
  throw new SweepError('ERR_SWEEP_JOB', `${name} ${what}: choose one by "on": ${known}`);
}

async function checkHash({ name, hash }: SweptTrace, file: string): Promise<void> {
  const actual = createHash('sha256');
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) actual.update(chunk);
  if (actual.digest('hex') !== hash)
    throw new SweepError('ERR_SWEEP_TRACE', `${name}: the file has changed since the sweep was planned`);
}
