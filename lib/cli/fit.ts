/** The command `gpu-buddy fit`. */
import { fitWorkload, kernelPackage, type Fit, type FitOptions, type Workload } from '../trace';
import { helpText } from './command-spec';
import { ChunkedOutput } from './chunked-output';
import { droppedText } from './dropped-text';
import { FIT, parseFitOptions, type FitCommandOptions } from './fit-options';
import { fitRecord, fitText, workloadText, type NamedFit } from './fit-text';
import { resultOf } from './kernel-process';
import { openWorkload } from './open-workload';
import { orUsageError } from './or-usage-error';
import { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';
import { traceName } from './trace-name';

/**
 * Runs the command.
 *
 * @returns the exit status
 * @throws UsageError, TraceError, CommandError, OutputError; Error of the code ERR_GPU_BUDDY_NO_BINARY
 */
export async function fit(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseFitOptions(args);
  const output = new ChunkedOutput(terminal.stdout);
  if (options.help) await output.write(helpText(FIT));
  else await fitAll(options, terminal, output);
  await output.flush();
  return 0;
}

async function fitAll(options: FitCommandOptions, terminal: Terminal, output: ChunkedOutput): Promise<void> {
  const fits: NamedFit[] = [];
  const kernels = options.kernels.map(kernelPackage);
  for (const path of options.traces) {
    const name = traceName(path);
    const workload = await openWorkload(path, options, terminal);
    terminal.stderr.write(droppedText(name, workload.dropped));
    if (!options.json) await output.write(workloadText(name, workload));
    for (const policy of policiesOf(options)) {
      const title = `${name} ${policy.mode ?? ''}`;
      for (const kernel of kernels.length > 0 ? kernels : [undefined]) {
        const found = kernel
          ? await resultOf(kernel, { kind: 'fit', title, workload, options: policy })
          : await fitHere(workload, policy, title, terminal);
        const named = { name, kernel: kernel?.linux, workload, fit: found };
        if (options.json) fits.push(named);
        else await output.write(fitText(named));
        await output.flush();
      }
    }
  }
  if (options.json) await output.write(`${JSON.stringify(fits.map(fitRecord), undefined, 2)}\n`);
}

async function fitHere(
  workload: Workload,
  policy: FitOptions,
  title: string,
  { stderr }: Terminal,
): Promise<Fit> {
  using bar = await ProgressBar.open(stderr, title);
  const onProgress = (done: number, whole: number) => bar?.update(done, whole);
  return await orUsageError(() => fitWorkload(workload, { ...policy, onProgress }));
}

function policiesOf({
  modes,
  minBlockSizes,
  chunkSize,
  exhaustive,
  step,
  threads,
}: FitCommandOptions): FitOptions[] {
  return minBlockSizes.flatMap((minBlockSize) =>
    modes.map((mode) => ({ mode, minBlockSize, chunkSize, exhaustive, step, threads })),
  );
}
