/** The table of commands: what each is called with, and where its code is. */
import { BUILD } from './build-spec';
import type { CommandSpec } from './command-spec';
import { COMPARE } from './compare-options';
import { COMPLETION } from './completion-spec';
import { DOCTOR } from './doctor-spec';
import { DRAW } from './draw-options';
import { FIT } from './fit-options';
import { IMPORT } from './import-options';
import { REPLAY } from './replay-options';
import { REPORT } from './report-options';
import type { Terminal } from './terminal';
import { VIEW } from './view-options';

/** Runs a command line, given without the name of the command; gives the exit status. */
export type Run = (args: readonly string[], terminal: Terminal) => number | Promise<number>;

export interface Command {
  readonly spec: CommandSpec;
  /** Loads its code when it is asked for: not all need the addon, which may be missing. */
  readonly load: () => Promise<Run>;
}

/** In the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  { spec: REPLAY, load: async () => (await import('./replay.js')).replay },
  { spec: IMPORT, load: async () => (await import('./import.js')).importCommand },
  { spec: FIT, load: async () => (await import('./fit.js')).fit },
  { spec: COMPARE, load: async () => (await import('./compare.js')).compare },
  { spec: DRAW, load: async () => (await import('./draw.js')).draw },
  { spec: REPORT, load: async () => (await import('./report.js')).report },
  { spec: VIEW, load: async () => (await import('./view.js')).view },
  { spec: DOCTOR, load: async () => (await import('./doctor.js')).doctor },
  { spec: BUILD, load: async () => (await import('./build.js')).build },
  { spec: COMPLETION, load: loadCompletion },
];

async function loadCompletion(): Promise<Run> {
  const { completion } = await import('./completion.js');
  const specs = COMMANDS.map(({ spec }) => spec);
  return (args, terminal) => completion(args, terminal, specs);
}
