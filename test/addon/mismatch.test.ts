// An addon that another state of the sources was built from, or that is not gpu-buddy's, is refused.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bareCode, protocolDigest } from '../../scripts/protocol.mjs';
import { PROTOCOL } from '../../lib/addon/protocol';
import { builtAddon } from '../support/built-addon';
import { BarePackage } from '../support/bare-package';

const root = join(__dirname, '..', '..');
const OWN_BUILD = 'build/Release/gpu_buddy.node';
let bare: BarePackage;

beforeAll(() => {
  bare = new BarePackage();
});
afterAll(() => {
  bare[Symbol.dispose]();
});

/** Compiles other-addon.c. */
function otherAddon(name: string, ...defines: readonly string[]): string {
  const file = join(bare.folder, `${name}.node`);
  const include = join(root, 'node_modules/node-api-headers/include');
  const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  execFileSync(process.env['CC'] ?? 'cc', [
    ...[...shared, '-fPIC', '-I', include, ...defines.map((define) => `-D${define}`)],
    ...[join(__dirname, 'other-addon.c'), '-o', file],
  ]);
  return file;
}

describe('an addon for another protocol', () => {
  let other = '';
  beforeAll(() => {
    other = otherAddon('other', `PROTOCOL="${'0123'.repeat(16)}"`, 'KERNEL_VERSION="6.1"');
  });

  test('is refused, and the error says what it is, what is expected and what to do', () => {
    using own = bare.withFile(OWN_BUILD, other);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(bare.load()).toEqual({
      code: 'ERR_GPU_BUDDY_ADDON_MISMATCH',
      message: [
        'gpu-buddy has found a binary that does not fit it.',
        `  Found ${own.path}, built for protocol 012301230123, from Linux 6.1`,
        `  Expected one for protocol ${PROTOCOL.slice(0, 12)}: gpu-buddy ${version} in ${bare.folder}`,
        '  What to do:',
        '    - compile it here, from the sources in the package: npx gpu-buddy build',
      ].join('\n'),
    });
  });

  test('is built anew in a checkout', () => {
    using _own = bare.withFile(OWN_BUILD, other);
    using _checkout = bare.withFile('binding.gyp', join(root, 'binding.gyp'));
    const { message } = bare.load();
    expect(message).toContain('npm run build');
    expect(message).not.toContain('gpu-buddy build');
  });

  test('is left out where the environment names it', () => {
    const { code, message } = bare.load({ env: { GPU_BUDDY_ADDON: other } });
    expect(code).toBe('ERR_GPU_BUDDY_ADDON_MISMATCH');
    expect(message).toContain(`Found ${other}, built for`);
    expect(message).toContain('- leave out GPU_BUDDY_ADDON, or name another file by it\n');
  });
});

describe('an addon that names no protocol', () => {
  test.each([
    ["that is older than gpu-buddy's protocols", ['KERNEL_VERSION="7.3.4"'], ', from Linux 7.3.4\n'],
    ["that is not gpu-buddy's", [], ": another addon than gpu-buddy's\n"],
    ['that exports no object', ['BARE'], ": another addon than gpu-buddy's\n"],
  ])('%s is refused', (_, defines, text) => {
    using own = bare.withFile(OWN_BUILD, otherAddon('nameless', ...defines));
    const { code, message } = bare.load();
    expect(code).toBe('ERR_GPU_BUDDY_ADDON_MISMATCH');
    expect(message).toContain(`Found ${own.path}, which names no protocol${text}`);
    expect(message).toContain('npx gpu-buddy build');
  });
});

describe('an addon for the same protocol', () => {
  test.each([
    ['whose layout lacks a number', ['LAYOUT="cells"']],
    ['without a layout', []],
  ])('%s is refused', (_, defines) => {
    using own = bare.withFile(OWN_BUILD, otherAddon('partial', `PROTOCOL="${PROTOCOL}"`, ...defines));
    const { code, message } = bare.load();
    expect(code).toBe('ERR_GPU_BUDDY_ADDON_MISMATCH');
    expect(message).toContain(`Found ${own.path}, built for protocol ${PROTOCOL.slice(0, 12)}`);
  });
});

test('the addon of this checkout loads', () => {
  using _own = bare.withFile(OWN_BUILD, builtAddon);
  expect(bare.load()).toEqual({ kernelVersion: expect.stringMatching(/^\d+\.\d+/) });
});

describe('the digest of the protocol', () => {
  test('is the one that lib/ has', () => {
    expect(protocolDigest()).toBe(PROTOCOL);
  });

  test.each([
    ['int a; /* one\n line */ int b; // two', 'inta;intb;'],
    ["const url = 'http://a  b'; // not a comment", "consturl='http://a  b';"],
    ['"\\"//" /* "kept"? */ `/* ${x} */`', '"\\"//"`/* ${x} */`'],
    ["don't /* stop */", "don't"],
  ])('passes over comments and white space: %j', (source, bareText) => {
    expect(bareCode(source)).toBe(bareText);
  });

  test('changes with the code of each file, not with its comments', () => {
    const files = ['a.h', 'b.ts'];
    using _list = bare.withFile('native/sources.json', join(root, 'native/sources.json'));
    writeFileSync(join(bare.folder, 'native/sources.json'), JSON.stringify({ protocol: files }));
    const digestOf = (...texts: readonly string[]) => {
      files.forEach((file, index) => {
        writeFileSync(join(bare.folder, file), texts[index] ?? '');
      });
      return protocolDigest(bare.folder);
    };
    const digest = digestOf('enum { A };', 'const a = 0;');
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf('/* Cells. */\nenum\n{ A };', 'const a = 0; // the first')).toBe(digest);
    expect(digestOf('enum { B };', 'const a = 0;')).not.toBe(digest);
    expect(digestOf('enum { A };', 'const a = 1;')).not.toBe(digest);
  });
});
