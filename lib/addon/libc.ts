/** Tells which C library this process runs on. */
import { closeSync, openSync, readSync } from 'node:fs';

export type Libc = 'glibc' | 'musl';

/** Bytes at the start of a program: compilers and linkers put the name of the loader among them. */
const LOADER_WITHIN = 8192;

/** Looks into the program file: a report of the process takes ten times as long. */
export function libcOfProcess(): Libc {
  return libcOfProgram(startOf(process.execPath)) ?? libcOfReport();
}

/** Finds the loader's name in the first bytes of an ELF program; `undefined` where it is not one of the usual. */
export function libcOfProgram(start: string): Libc | undefined {
  if (start.includes('/ld-musl-')) return 'musl';
  if (start.includes('/ld-linux')) return 'glibc';
  return undefined;
}

/** Empty where the file can't be read: permissions may forbid it. */
function startOf(program: string): string {
  try {
    const bytes = Buffer.alloc(LOADER_WITHIN);
    const file = openSync(program, 'r');
    try {
      return bytes.toString('latin1', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

/** Takes glibc, the usual one, for granted where there is no report. */
function libcOfReport(): Libc {
  const header = reportHeader();
  return header && header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** `undefined` where it is another C library, or not known. */
export function glibcVersion(): string | undefined {
  return reportHeader()?.glibcVersionRuntime;
}

/** Newer Nodes have this one, newer than the types. */
type ReportOptions = typeof process.report & { excludeNetwork?: boolean };

interface Header {
  readonly glibcVersionRuntime?: string;
}

/** `undefined` where no report can be made: Deno asks for a permission. */
function reportHeader(): Header | undefined {
  // With the network, a report looks up the names of all hosts that the process is connected to.
  const report: ReportOptions = process.report;
  const { excludeNetwork } = report;
  if (excludeNetwork !== undefined) report.excludeNetwork = true;
  try {
    return (report.getReport() as { readonly header: Header }).header;
  } catch {
    return undefined;
  } finally {
    if (excludeNetwork !== undefined) report.excludeNetwork = excludeNetwork;
  }
}
