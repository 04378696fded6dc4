/**
 * `npm run flush`: sends changes one after the other to a service under strace (`apt-get install strace`), and looks whether each was
 * written and flushed to disk between its request and its answer.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { configure, startProcess } from './process.ts';
import { clientsFor, lease, MiB, temporaryFolder } from './support.ts';

const CALLS = 'read,write,writev,sendmsg,pwrite64,fdatasync,fsync';

export interface FlushReport {
  /** Answers to changes. */
  readonly answers: number;
  /** Answers that left before the change was on disk. */
  readonly early: number;
}

/** Sends so many leases, renewals and releases. */
export async function traceFlushes(count: number): Promise<FlushReport> {
  const folder = temporaryFolder();
  const trace = join(folder, 'strace.txt');
  configure(folder, { size: 64 * MiB });
  // -D: the service is this process's own child, and gets its signals. Its main thread does all that is looked for here.
  const service = await startProcess(folder, ['strace', '-D', '-yy', '-e', `trace=${CALLS}`, '-o', trace]);
  const { red } = clientsFor(service.url);
  for (let done = 0; done < count; done++) {
    const { id } = await lease(red, 65_536);
    await red('PATCH', `/leases/${id}`, { ttl: 60_000 });
    await red('DELETE', `/leases/${id}`);
  }
  await service.end('SIGTERM');
  const report = readTrace(await readWhole(trace));
  rmSync(folder, { recursive: true });
  return report;
}

/** Reads the file once it is complete: strace ends after what it traces. */
async function readWhole(path: string): Promise<string> {
  for (;;) {
    const text = readFileSync(path, 'utf8');
    if (text.includes('+++ exited with')) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Follows the calls in their order. */
function readTrace(text: string): FlushReport {
  let state: 'idle' | 'asked' | 'written' | 'flushed' = 'idle';
  let answers = 0;
  let early = 0;
  for (const line of text.split('\n')) {
    if (/^read\(\d+<TCP.*"(POST|PATCH|DELETE) /.test(line)) state = 'asked';
    else if (/^pwrite64\(\d+<.*-wal>/.test(line) && state === 'asked') state = 'written';
    else if (/^f(data)?sync\(\d+<.*-wal>\) += 0/.test(line) && state === 'written') state = 'flushed';
    else if (/^(write|writev|sendmsg)\(\d+<TCP.*"HTTP\/1\.1 20/.test(line) && state !== 'idle') {
      answers++;
      if (state !== 'flushed') early++;
      state = 'idle';
    }
  }
  return { answers, early };
}

if (import.meta.main) {
  const count = 100;
  const { answers, early } = await traceFlushes(count);
  console.log(`${answers} answers of ${3 * count} changes, ${early} before the flush`);
  process.exitCode = answers === 3 * count && early === 0 ? 0 : 1;
}
