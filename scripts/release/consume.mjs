// Uses the package as its users do (cases.mjs), from the tarball, `--tarball FILE`, in projects in temporary folders, and shows it to
// the tools that look at packages. Exit status 1 where something fails.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run, script, ScriptError, withTempFolder } from '../run.mjs';
import { CASES, COMMONJS, MANAGERS, RAN } from './cases.mjs';
import { newestNode, otherHosts } from './hosts.mjs';
import { installed } from './install.mjs';
import { emptyProject } from './project.mjs';

/** @param {string} folder @param {Record<string, string>} files */
function write(folder, files) {
  for (const [name, text] of Object.entries({ 'package.json': '{ "private": true }', ...files })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}

/** @param {string} name @param {() => Promise<void>} use */
async function attempt(name, use) {
  try {
    await use();
    console.log(`passed  ${name}`);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    process.exitCode = 1;
    console.log(`FAILED  ${name}: ${'output' in error ? error.output : error.message}`);
  }
}

/** @param {string} output @param {RegExp} says */
function expectSaid(output, says) {
  if (!says.test(output)) throw new ScriptError(`it said: ${output}`);
}

/** Runs the programs of a case's out/ in a folder with nothing else but the package's binaries. @param {string} place @param {string} prebuilds */
async function runAway(place, prebuilds) {
  await withTempFolder(async (away) => {
    cpSync(path.join(place, 'out'), away, { recursive: true });
    cpSync(prebuilds, path.join(away, 'prebuilds'), { recursive: true });
    for (const name of readdirSync(path.join(place, 'out')).filter((one) => one !== 'README')) {
      const program = path.join(away, name);
      expectSaid(await run([...(/js$/.test(name) ? [process.execPath] : []), program], { cwd: '/' }), RAN);
    }
  });
}

await script('consume', () =>
  withTempFolder(async (folder) => {
    const { tarball } = parseArgs({ options: { tarball: { type: 'string' } } }).values;
    const modules = await installed('consumers');
    const { bun, deno } = await otherHosts();
    const project = path.join(folder, 'project');
    // Puts only node and npm into PATH: no compiler, no make, no Python.
    const env = { PATH: await emptyProject(project, tarball), GPU_BUDDY_ADDON: '', NO_COLOR: '1' };
    const prebuilds = path.join(project, 'node_modules/gpu-buddy/prebuilds');
    for (const name of ['@types', 'undici-types', 'typescript'])
      cpSync(path.join(modules, name), path.join(project, 'node_modules', name), { recursive: true });
    /** @type {Record<string, string[]>} */
    const hosts = {
      node: [process.execPath],
      newest: [(await newestNode()).node],
      bun: bun.command,
      deno: deno.command,
      yarn: [process.execPath, path.join(modules, '@yarnpkg/cli-dist/bin/yarn.js')],
    };

    /** @param {string} place @param {string | string[]} command */
    const runThere = (place, command) => {
      const [program = '', ...args] = typeof command === 'string' ? command.split(' ') : command;
      const host = hosts[program] ?? [process.execPath, path.join(modules, '.bin', program)];
      const words = [...host, ...args].map((word) =>
        word.replace('PROJECT', project).replace('MODULES', modules).replace('TARBALL', tarball),
      );
      return run(words, { cwd: place, env });
    };
    // Runs outside of the project, so that other package managers do not find its modules.
    for (const [root, cases] of /** @type {const} */ ([
      [project, CASES],
      [folder, MANAGERS],
    ]))
      for (const { name, files, commands, says = RAN, isBundle } of cases)
        await attempt(name, async () => {
          const place = path.join(root, name.replace(/\W+/g, '-'));
          write(place, files);
          let output = '';
          for (const command of commands) output = await runThere(place, command);
          if (isBundle) await runAway(place, prebuilds);
          else expectSaid(output, says);
        });
    for (const [flags, says] of /** @type {const} */ ([
      [[], /^ERR_GPU_BUDDY_NO_BINARY .*cannot be read.*"--allow-read=.*" "--allow-ffi=.*"/s],
      [[`--allow-read=${project}`], /^ERR_GPU_BUDDY_NO_BINARY .*Requires ffi access.*"--allow-ffi=.*"/s],
    ]))
      await attempt(
        `Deno with ${flags.length} of its permissions: the error names the one it lacks`,
        async () => {
          const program = `import('gpu-buddy').catch(({ code, message }) => console.log(code, message))`;
          write(project, { 'forbidden.mjs': program });
          const command = [deno.command[0], 'run', '--no-prompt', ...flags, 'forbidden.mjs'];
          expectSaid(await run(command, { cwd: project, env }), says);
        },
      );
    await attempt('without a binary: the error, gpu-buddy build, and it works', async () => {
      const place = path.join(folder, 'without-binary');
      await emptyProject(place, tarball);
      rmSync(path.join(place, 'node_modules/gpu-buddy/prebuilds'), { recursive: true });
      write(place, { 'main.cjs': COMMONJS });
      const program = `try { require('gpu-buddy') } catch ({ code, message }) { console.log(code, message) }`;
      const failure = /^ERR_GPU_BUDDY_NO_BINARY .*prebuilds\/linux-x64\/.*npx gpu-buddy build/s;
      expectSaid(await run(['node', '-e', program], { cwd: place }), failure);
      await run(['npx', 'gpu-buddy', 'build'], { cwd: place });
      expectSaid(await run(['node', 'main.cjs'], { cwd: place }), RAN);
    });
    await attempt('publint', async () => console.log(await runThere(folder, 'publint TARBALL --strict')));
    await attempt('attw', async () => console.log(await runThere(folder, 'attw TARBALL')));
  }),
);
