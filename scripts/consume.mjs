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
import { javascriptExample, RAN } from './release/consumers/example.mjs';
import { newest, newestNode, otherHosts } from './release/hosts.mjs';
import { installed } from './release/installed.mjs';
import { pack } from './release/pack.mjs';
import { barePath, emptyProject } from './release/project.mjs';
import { proveByRunning } from './release/proofs.mjs';

const { values } = parseArgs({ options: { tarball: { type: 'string' } } });

/** What `yarn` means depends on whose it is. @type {Record<string, string>} */
const PROGRAMS = { yarn1: 'yarn/bin/yarn.js', yarn4: '@yarnpkg/cli-dist/bin/yarn.js' };

/** @param {string} folder @param {Record<string, string>} files */
function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}

const { node: newestProgram } = await newestNode(console.log);
const others = await otherHosts(console.log);
/** @type {Record<string, string[]>} */
const HOSTS = {
  node: ['node'],
  newest: [newestProgram],
  bun: others.bun.command,
  deno: others.deno.command,
};

/** Runs commands in a folder, and gives what the last one wrote. @param {string[][]} commands @param {string} folder @param {string} modules @param {Record<string, string>} env */
async function runAll(commands, folder, modules, env) {
  let output = '';
  for (const [program, ...args] of commands) {
    const host = HOSTS[program] ?? ['node', path.join(modules, PROGRAMS[program] ?? `.bin/${program}`)];
    // A case's folder lies in the project's.
    const command = [...host, ...args].map((word) =>
      word.replace('PROJECT', path.dirname(folder)).replace('MODULES', modules),
    );
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
  await attempt('npm install by the newest npm, which has nothing to say of install scripts', async () => {
    const { folder: npm, version } = await newest('npm', console.log);
    const place = path.join(folder, 'newest-npm');
    write(place, { 'package.json': '{ "private": true }' });
    const install = [newestProgram, path.join(npm, 'bin/npm-cli.js'), 'install', '--prefer-offline', tarball];
    // `npm run --silent` would silence this one, too.
    const env = { npm_config_loglevel: 'notice' };
    const said = await run([['sh', '-c', '"$@" 2>&1', 'sh', ...install]], { cwd: place, env });
    if (said.includes('install-scripts') || !/added \d+ packages/.test(said))
      throw new Error(`npm ${version}: ${said}`);
  });
  for (const name of ['@types', 'undici-types', 'typescript'])
    cpSync(path.join(modules, name), path.join(project, 'node_modules', name), { recursive: true });
  for (const { name, files, commands, says } of CASES) {
    // Below the project, where the package is found.
    const place = path.join(project, name.replace(/\W+/g, '-'));
    write(place, { 'package.json': '{ "private": true }', ...files });
    await attempt(name, async () => expectSaid(await runAll(commands, place, modules, env), says));
  }
  for (const host of Object.values(others))
    await attempt(`${host.how}: workers, lists that are dropped, a replay`, async () => {
      const { status, result } = await proveByRunning(tarball, host);
      if (status !== 'passed') throw new Error(result);
    });
  await attempt('Deno without a permission: the error names it', async () => {
    const place = path.join(project, 'forbidden');
    const program = `import('gpu-buddy').catch(({ code, message }) => console.log(code, message))`;
    write(place, { 'main.mjs': program });
    const [deno] = others.deno.command;
    for (const [flags, says] of /** @type {[string[], RegExp][]} */ ([
      [[], /^ERR_GPU_BUDDY_NO_BINARY .*cannot be read.*"--allow-read=.*" "--allow-ffi=.*"/s],
      [[`--allow-read=${project}`], /^ERR_GPU_BUDDY_NO_BINARY .*Requires ffi access.*"--allow-ffi=.*"/s],
    ]))
      expectSaid(await run([[deno, 'run', '--no-prompt', ...flags, 'main.mjs']], { cwd: place, env }), says);
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
