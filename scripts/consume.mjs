// What `npm run consume` runs: the package as its users use it (release/consumers/cases.mjs), from the tarball, in projects in
// temporary folders, and the tools that look at packages. Packs the checkout, or takes `--tarball FILE`. Exit status 1 where
// something fails.

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './linux/run.mjs';
import { withTempFolder } from './linux/temp.mjs';
import { CASES, MANAGERS } from './release/consumers/cases.mjs';
import { javascriptExample, RAN, typescriptExample } from './release/consumers/example.mjs';
import { installed } from './release/installed.mjs';
import { pack } from './release/pack.mjs';
import { barePath, emptyProject } from './release/project.mjs';

const { values } = parseArgs({ options: { tarball: { type: 'string' } } });

/** What `yarn` means depends on whose it is. @type {Record<string, string>} */
const PROGRAMS = { yarn1: 'yarn/bin/yarn.js', yarn4: '@yarnpkg/cli-dist/bin/yarn.js' };

/** @param {string} folder @param {Record<string, string>} files */
function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}

/** Runs commands in a folder, and gives what the last one wrote. @param {string[][]} commands @param {string} folder @param {string} modules @param {Record<string, string>} env */
async function runAll(commands, folder, modules, env) {
  let output = '';
  for (const [program, ...args] of commands) {
    const script = path.join(modules, PROGRAMS[program] ?? `.bin/${program}`);
    const command = program === 'node' ? ['node', ...args] : ['node', script, ...args];
    output = await run([command], { cwd: folder, env });
  }
  return output;
}

let failed = false;

/** @param {string} name @param {() => Promise<unknown>} use */
async function attempt(name, use) {
  try {
    await use();
    console.log(`passed  ${name}`);
  } catch (error) {
    failed = true;
    console.log(`FAILED  ${name}: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {string} output @param {string | RegExp} says */
function expectSaid(output, says) {
  const found = typeof says === 'string' ? output.includes(says) : says.test(output);
  if (!found) throw new Error(`it said: ${output}`);
}

await withTempFolder(path.join(tmpdir(), 'gpu-buddy-consume-'), async (folder) => {
  const tarball = values.tarball ? path.resolve(values.tarball) : await pack(folder);
  const modules = path.join(await installed('consumers', console.log), 'node_modules');
  const project = path.join(folder, 'project');
  mkdirSync(project);
  // Nothing but node and npm is found: no compiler, no make, no Python.
  const env = { PATH: await barePath(folder), GPU_BUDDY_ADDON: '', NO_COLOR: '1' };
  await attempt('npm install --ignore-scripts with nothing but node and npm in PATH', () =>
    emptyProject(project, tarball),
  );
  for (const name of ['@types', 'undici-types', 'typescript'])
    cpSync(path.join(modules, name), path.join(project, 'node_modules', name), { recursive: true });
  for (const { name, files, commands, says } of CASES) {
    // Below the project, where the package is found.
    const place = path.join(project, name.replace(/\W+/g, '-'));
    write(place, { 'package.json': '{ "private": true }', ...files });
    await attempt(name, async () => expectSaid(await runAll(commands, place, modules, env), says));
  }
  await attempt('the README as it stands, on the newest Node', async () => {
    const node = path.join(await installed('nodes', console.log), 'node_modules/x64-newest/bin/node');
    const place = path.join(project, 'as-it-stands');
    write(place, { 'main.mjs': typescriptExample(), 'main.mts': typescriptExample() });
    for (const file of ['main.mjs', 'main.mts'])
      expectSaid(await run([[node, file]], { cwd: place, env }), RAN);
  });
  await attempt('without a binary: the error, gpu-buddy build, and it works', async () => {
    const place = path.join(folder, 'without-binary');
    mkdirSync(place);
    await emptyProject(place, tarball);
    rmSync(path.join(place, 'node_modules/gpu-buddy/prebuilds'), { recursive: true });
    write(place, { 'main.cjs': javascriptExample('CommonJS') });
    const main = [['node', 'main.cjs']];
    const program = `try { require('gpu-buddy') } catch ({ code, message }) { console.log(code, message) }`;
    const failure = await run([['node', '-e', program]], { cwd: place });
    expectSaid(
      failure,
      /^ERR_GPU_BUDDY_NO_BINARY .*prebuilds\/linux-x64\/gpu-buddy\.glibc\.node.*npx gpu-buddy build/s,
    );
    await run([['npx', 'gpu-buddy', 'build']], { cwd: place });
    expectSaid(await run(main, { cwd: place }), RAN);
    expectSaid(await run([['npx', 'gpu-buddy', 'doctor']], { cwd: place }), 'build/Release/gpu_buddy.node');
  });
  for (const { name, files = {}, commands } of MANAGERS) {
    const place = path.join(folder, name.replace(/\W+/g, '-'));
    write(place, {
      'package.json': '{ "private": true }',
      'main.cjs': javascriptExample('CommonJS'),
      ...files,
    });
    await attempt(name, async () => expectSaid(await runAll(commands(tarball), place, modules, env), RAN));
  }
  for (const [name, ...args] of [
    ['publint', tarball, '--strict'],
    ['attw', tarball],
  ])
    await attempt(name, async () =>
      console.log((await runAll([[name, ...args]], folder, modules, env)).trimEnd()),
    );
});
if (failed) process.exitCode = 1;
