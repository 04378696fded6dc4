// A bundle of a program and the package finds the addon. Other bundlers, and single executables, are tried by `npm run release:check`.
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { prebuiltFor } from '../../lib/addon/places';
import { builtAddon as addon } from '../support/built-addon';
import { temporaryFolder } from '../support/temporary-folder';

const root = join(__dirname, '..', '..');
const [prebuilt] = prebuiltFor(process);
const PROGRAM = `
  import { GpuBuddy } from 'gpu-buddy';
  console.log(new GpuBuddy({ size: 4096 }).avail);`;
const folder = temporaryFolder();
let place = '';

beforeAll(() => {
  mkdirSync(folder('sources/node_modules'), { recursive: true });
  symlinkSync(root, folder('sources/node_modules/gpu-buddy'));
  writeFileSync(folder('sources/main.mjs'), PROGRAM);
  for (const [format, name] of [
    ['cjs', 'bundle.cjs'],
    ['esm', 'bundle.mjs'],
  ] as const) {
    const rolldown = join(root, 'node_modules/rolldown/bin/cli.mjs');
    const options = ['--platform', 'node', '--format', format, '--file', folder('built', name)];
    execFileSync(process.execPath, [rolldown, 'main.mjs', ...options], {
      cwd: folder('sources'),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
});
beforeEach(() => {
  place = mkdtempSync(folder('place-'));
  cpSync(folder('built'), place, { recursive: true });
});

function put(name: string, source = addon): void {
  mkdirSync(dirname(join(place, name)), { recursive: true });
  cpSync(source, join(place, name));
}

function run(bundle: string, env: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr } = spawnSync(process.execPath, [join(place, bundle)], {
    cwd: '/',
    encoding: 'utf8',
    env: { ...process.env, GPU_BUDDY_ADDON: '', ...env },
  });
  return stdout || stderr;
}

describe.each(['bundle.cjs', 'bundle.mjs'])('%s', (bundle) => {
  test.each([
    ['the file beside it', basename(prebuilt)],
    ["the package's folder of files beside it", prebuilt],
  ])('loads %s', (_, name) => {
    put(name);
    expect(run(bundle)).toBe('4096\n');
  });

  test('loads the file that GPU_BUDDY_ADDON names before the one beside it', () => {
    put(basename(prebuilt), __filename);
    expect(run(bundle, { GPU_BUDDY_ADDON: addon })).toBe('4096\n');
  });

  test('loads the one of the package that is installed there', () => {
    put(`node_modules/gpu-buddy/${prebuilt}`);
    put('node_modules/gpu-buddy/package.json', join(root, 'package.json'));
    expect(run(bundle)).toBe('4096\n');
  });

  test('says what it has looked for, and what to do', () => {
    const message = run(bundle);
    expect(message).toContain('gpu-buddy has no binary that runs here.');
    expect(message).toContain(`in the folder of the bundle, ${place}: ${basename(prebuilt)}, ${prebuilt}\n`);
    expect(message).toContain('And for the package gpu-buddy from there, which is not installed\n');
    expect(message).toContain(
      `- copy prebuilds/ from the package that was bundled to ${join(place, 'prebuilds/')}`,
    );
    expect(message).toContain('GPU_BUDDY_ADDON');
    expect(message).not.toContain('gpu-buddy build');
  });
});
