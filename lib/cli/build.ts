/** The command `gpu-buddy build`: compiles the addon from the package's own sources, where no prebuilt one fits. */
import { execFileSync, spawnSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { compileAddon, CompileError } from '../addon/compile';
import { findCompilers, toolchainOf } from '../addon/compilers';
import { packageFolder } from '../addon/folder';
import { installText } from '../addon/install-text';
import { exists } from '../addon/places';
import { platformText, thisPlatform, whyUnsupported } from '../addon/platform';
import { VERSION } from '../addon/protocol';
import { systemReason } from '../trace/system-reason';
import { BUILD } from './build-spec';
import { helpText, parseCommand } from './command-spec';
import { CommandError } from './command-error';
import { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';

/** @throws UsageError, CommandError */
export async function build(args: readonly string[], terminal: Terminal): Promise<number> {
  const { help, kernel } = parseCommand(BUILD, args).values;
  if (help) {
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

  const folder = kernel === undefined ? packageFolder : kernelFolder(kernel);
  terminal.stdout.write(`Compiling for ${platformText(platform)}, with ${compilers.version}\n`);
  const output = join(folder, 'build', 'Release', 'gpu_buddy.node');
  const fresh = `${output}.new`;
  try {
    using bar = await ProgressBar.open(terminal.stderr, 'Compiling');
    await compileAddon(folder, fresh, toolchainOf(compilers), (done, whole) => bar?.update(done, whole));
    tryOut(fresh);
    renameSync(fresh, output);
  } catch (error) {
    throw new CommandError(`the addon cannot be built: ${reasonOf(error)}`);
  } finally {
    rmSync(fresh, { force: true });
  }
  const next =
    folder === packageFolder
      ? '`npx gpu-buddy doctor` tests it'
      : `\`gpu-buddy compare --kernel ${kernel ?? ''},… TRACE\` uses it`;
  terminal.stdout.write(`Built ${relative(packageFolder, output)}; ${next}.\n`);
  return 0;
}

/** Makes the package of another kernel, all but its binary; gives its folder. */
function kernelFolder(series: string): string {
  const script = join(packageFolder, 'scripts', 'kernel-package.mjs');
  if (!exists(script))
    throw new CommandError(
      `--kernel needs a checkout of gpu-buddy; from npm: npm install @gpu-buddy/linux-${series}@${VERSION}`,
    );
  const { status, stdout } = spawnSync(process.execPath, [script, series], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new CommandError(`the sources of Linux ${series} can't be had: see above`);
  return resolve(stdout.trim());
}

/** In a process of its own, which it may end. */
function tryOut(file: string): void {
  const program = 'process.dlopen({ exports: {} }, process.argv[1])';
  execFileSync(process.execPath, ['-e', program, file], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function reasonOf(error: unknown): string {
  return error instanceof CompileError ? `a compiler failed.\n${error.message}` : systemReason(error);
}
