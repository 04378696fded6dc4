// compileAddon() leaves nothing but the addon in a package's folder. That it makes an addon that works is tested in
// test/cli/doctor-build.test.ts.
import { beforeAll, expect, test } from '@jest/globals';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileAddon, CompileError } from '../../lib/addon/compile';
import { temporaryFolder } from '../support/temporary-folder';

const root = join(__dirname, '..', '..');
const folder = temporaryFolder();

beforeAll(() => {
  for (const name of ['native/sources.json', 'vendor/linux'])
    cpSync(join(root, name), folder(name), { recursive: true });
});

/** Stands in for a compiler: runs a program with the compiler's arguments. */
function toolchain(program: string) {
  const command = [process.execPath, '-e', program, '--'];
  return { cc: command, cxx: command, ldflags: [], platform: 'linux' };
}

test('nothing but the binary is ever beside it, and nothing else is left', async () => {
  const output = folder('prebuilds/linux-x64/gpu-buddy.musl.node');
  // Makes what `-o` names, while nothing is there that npm packs.
  const compiler = toolchain(`
    const { readdirSync, writeFileSync } = require('node:fs');
    if (readdirSync('prebuilds/linux-x64').length > 0) throw new Error('There are other files.');
    writeFileSync(process.argv[process.argv.indexOf('-o') + 1], 'compiled');`);
  await compileAddon(folder(), output, compiler);
  expect(readdirSync(folder('prebuilds/linux-x64'))).toEqual(['gpu-buddy.musl.node']);
  expect(readdirSync(folder('build'))).toEqual([]);
});

test('a compiler that fails leaves nothing', async () => {
  const output = folder('prebuilds/linux-arm64/gpu-buddy.musl.node');
  const failing = toolchain(`console.error('out of paper'); process.exit(1);`);
  const failure = compileAddon(folder(), output, failing);
  await expect(failure).rejects.toThrow(CompileError);
  await expect(failure).rejects.toThrow('out of paper');
  expect(readdirSync(folder('prebuilds/linux-arm64'))).toEqual([]);
  expect(readdirSync(folder('build'))).toEqual([]);
});
