/** The command `gpu-buddy build`: compiles the addon from the package's own sources, where no prebuilt one fits. */
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compileAddon, CompileError } from '../addon/compile';
import { findCompilers, toolchainOf } from '../addon/compilers';
import { packageFolder } from '../addon/folder';
import { installText } from '../addon/install-text';
import { platformText, thisPlatform, whyUnsupported } from '../addon/platform';
import { systemReason } from '../trace/system-reason';
import { BUILD } from './build-spec';
import { helpText, parseCommand } from './command-spec';
import { CommandError } from './command-error';
import { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';

/** @throws UsageError, CommandError */
export async function build(args: readonly string[], terminal: Terminal): Promise<number> {
  if (parseCommand(BUILD, args).values.help) {
    terminal.stdout.write(helpText(BUILD));
    return 0;
  }
  const platform = thisPlatform();
  const why = whyUnsupported(platform);
  if (why) throw new CommandError(why);
  const compilers = findCompilers(terminal.env);
  if ('missing' in compilers)
    throw new CommandError(
      `there is ${compilers.missing}.\n${installText(['compilers'])}\nor set CC and CXX.`,
    );

  terminal.stdout.write(`Compiling for ${platformText(platform)}, with ${compilers.version}\n`);
  const output = join(packageFolder, 'build', 'Release', 'gpu_buddy.node');
  const fresh = `${output}.new`;
  try {
    using bar = await ProgressBar.open(terminal.stderr, 'Compiling');
    await compileAddon(packageFolder, fresh, toolchainOf(compilers), (done, whole) =>
      bar?.update(done, whole),
    );
    tryOut(fresh);
    renameSync(fresh, output);
  } catch (error) {
    throw new CommandError(`the addon cannot be built: ${reasonOf(error)}`);
  } finally {
    rmSync(fresh, { force: true });
  }
  terminal.stdout.write(`Built ${relative(packageFolder, output)}; \`npx gpu-buddy doctor\` tests it.\n`);
  return 0;
}

/** In a process of its own, which it may end. */
function tryOut(file: string): void {
  const program = 'process.dlopen({ exports: {} }, process.argv[1])';
  execFileSync(process.execPath, ['-e', program, file], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function reasonOf(error: unknown): string {
  return error instanceof CompileError ? `a compiler failed.\n${error.message}` : systemReason(error);
}
