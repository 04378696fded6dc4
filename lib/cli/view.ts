/** The command `gpu-buddy view`: serves the page that shows recordings. */
import { openLocalServer, type Content, type LocalServer } from '../local-server/local-server';
import { findPage, PageError, readPage, type Page } from '../local-server/page';
import type { Route } from '../local-server/site';
import { PAGE_PROTOCOL, type PageSession } from '../page/session';
import { systemReason } from '../trace/system-reason';
import { CommandError } from './command-error';
import { helpText } from './command-spec';
import { openWorkload } from './open-workload';
import { orUsageError } from './or-usage-error';
import type { Terminal } from './terminal';
import { traceName } from './trace-name';
import { parseViewOptions, VIEW, type ViewOptions } from './view-options';
import { PolicySource, ReplayedSource, type ViewSource } from './view-source';

/** Signals that end the command as it should end. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the command: returns once a signal ends it.
 *
 * @returns the exit status: 0, or 2 where a recording could not be read to its end
 * @throws UsageError, TraceError, CommandError
 */
export async function view(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseViewOptions(args);
  if (!options) {
    terminal.stdout.write(helpText(VIEW));
    return 0;
  }
  const page = pageOrError();
  const ending = new AbortController();
  const sources = await openSources(options, terminal, ending.signal);
  const server = await serverOrError({ page, routes: routesOf(sources) }, options.port);
  const ended = nextSignal();
  terminal.stdout.write(`${server.url}\n`);
  terminal.stderr.write('gpu-buddy: the link opens once, in a browser of this machine; Ctrl-C ends it\n');
  const readings = sources.map((source) => isReadWell(source, terminal, ending.signal));
  await ended;
  ending.abort();
  await server.close();
  return (await Promise.all(readings)).every(Boolean) ? 0 : 2;
}

function pageOrError(): Page {
  try {
    return readPage(findPage());
  } catch (error) {
    if (error instanceof PageError) throw new CommandError(`${error.message} (${error.code})`);
    throw error;
  }
}

async function serverOrError(content: Content, port: number): Promise<LocalServer> {
  try {
    return await openLocalServer(content, { port });
  } catch (error) {
    throw new CommandError(`cannot listen at port ${port}: ${systemReason(error)}`);
  }
}

async function openSources(
  options: ViewOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ViewSource[]> {
  const { traces, policies } = options;
  const sources: ViewSource[] = [];
  for (const path of traces) {
    if (policies.length === 0) {
      sources.push(await ReplayedSource.open(path, options, terminal, signal));
      continue;
    }
    const workload = await openWorkload(path, options, terminal);
    for (const policy of policies)
      sources.push(await orUsageError(() => new PolicySource(traceName(path), workload, policy, signal)));
  }
  return sources;
}

function routesOf(sources: readonly ViewSource[]): Record<string, Route> {
  const session: PageSession = {
    protocol: PAGE_PROTOCOL,
    kind: 'file',
    sources: sources.map(({ page }) => page),
  };
  const effects = sources.map(({ log }, index): [string, Route] => [
    `/effects/${index}`,
    { type: 'application/octet-stream', open: ({ signal }) => log.read(signal) },
  ]);
  return {
    '/session': { type: 'application/json', open: () => JSON.stringify(session) },
    ...Object.fromEntries(effects),
  };
}

/** Reads a source; whether that went well. Says what went wrong. */
async function isReadWell(source: ViewSource, { stderr }: Terminal, ending: AbortSignal): Promise<boolean> {
  try {
    await source.read();
    return true;
  } catch (error) {
    if (ending.aborted) return true;
    stderr.write(`gpu-buddy: ${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

/** Resolves with the first signal that ends the command. */
function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      for (const signal of ENDING) process.off(signal, end);
      resolve();
    };
    for (const signal of ENDING) process.on(signal, end);
  });
}
