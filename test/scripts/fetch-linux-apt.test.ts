// Debian's package: the real dpkg-deb and tar on a small package made here, with stand-ins for apt-get and apt-cache.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, expectError, type Files, kernelFiles, kernelTree, Sandbox, spdxLine } from './sandbox';

const FILES = kernelFiles('7.3.4');
const NOTHING = { vendor: {}, cache: {}, temp: {} };
const BACKPORT = ['linux-source-7.3', '7.3.4-1~bpo13+1'] as const;
const MIRROR = 'http://mirror.invalid/debian/';

// Does as apt does with what the test put beside it; `calls` is its diary.
const APT = `
cd_to="$PWD"; apt=$(dirname "$0")/../apt
echo "$*" >> "$apt/calls"
for word in "$@"; do case "$before" in -c) cat "$word" "\${word%apt.conf}sources.list" > "$apt/config";; esac; before=$word; done
case "$*" in
  *"update --print-uris"*) cat "$apt/uris";;
  *update*) cat "$apt/update-errors" >&2; test ! -s "$apt/update-errors" || exit 100;;
  *pkgnames*) cut -d'|' -f1 "$apt/madison" | sort -u;;
  *madison*) cat "$apt/madison";;
  *--print-uris*) echo "'x' x.deb 167000000 SHA256:0";;
  *download*) echo 'dlstatus:1:50.0:half' >&3; test -e "$apt/package.deb" || { echo 'E: Failed to fetch' >&2; exit 100; }
    cp "$apt/package.deb" "$cd_to/";;
esac`;

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  for (const name of ['apt-get', 'apt-cache']) box.program(name, APT);
  box.write({ uris: `'${MIRROR}dists/bookworm/InRelease' x 0\n`, 'update-errors': '' }, 'apt');
});
afterEach(() => {
  box.remove();
});

function offer(...packages: readonly (readonly [name: string, version: string])[]): void {
  const rows = packages.map(
    ([name, version]) => `${name} | ${version} | ${MIRROR} sid/main amd64 Packages\n`,
  );
  box.write({ madison: rows.join('') }, 'apt');
}

/** Makes the package that the stand-in hands out. */
function build(files: Files, name = 'linux-source-7.3'): void {
  box.write(files, `source/${name}`);
  const control = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: none <none@mirror.invalid>\nDescription: x\n`;
  box.write({ 'DEBIAN/control': control, 'usr/src/README': 'x' }, 'deb');
  box.pack(`source/${name}`, `deb/usr/src/${name}.tar.xz`, ['-J']);
  execFileSync('dpkg-deb', ['-b', join(box.dir, 'deb'), join(box.dir, 'apt/package.deb')]);
}

function calls(): string {
  return readFileSync(join(box.dir, 'apt/calls'), 'utf8');
}

const onDebian = spawnSync('dpkg-deb', ['--version']).status === 0 ? describe : describe.skip;

onDebian('the package', () => {
  it('is fetched and unpacked, and fills the cache', async () => {
    offer(BACKPORT);
    build(kernelTree('7.3.4'));
    const result = await box.fetch();
    expect(result).toMatchObject({
      code: 0,
      stdout:
        'vendor/linux/7.3 now holds Linux 7.3.4, from Debian package linux-source-7.3 7.3.4-1~bpo13+1.\n',
    });
    expect(result.stderr.split('\n')).toEqual([
      "Reading Debian's package lists …",
      'Downloading linux-source-7.3 7.3.4-1~bpo13+1 (167 MB) …',
      'Extracting from Debian package linux-source-7.3 7.3.4-1~bpo13+1 …',
      '',
    ]);
    expect(box.left()).toEqual({ vendor: FILES, cache: cached('7.3.4'), temp: {} });

    rmSync(box.vendor, { recursive: true });
    rmSync(join(box.dir, 'apt/calls'));
    expect(await box.fetch()).toMatchObject({ code: 0, stderr: '' });
    expect(calls).toThrow('no such file');
  });

  it('comes from the machine’s Debian mirror, signed by Debian, with nothing of the system’s touched', async () => {
    offer(BACKPORT);
    build(kernelTree('7.3.4'));
    const others = ['http://mirror.invalid/debian-security/', 'https://shop.invalid/apt/', MIRROR];
    box.write({ uris: others.map((uri) => `'${uri}dists/x/InRelease' x 0\n`).join('') }, 'apt');
    expect(await box.fetch()).toMatchObject({ code: 0 });
    const config = readFileSync(join(box.dir, 'apt/config'), 'utf8');
    for (const suite of ['trixie-backports', 'sid']) {
      expect(config).toContain(`deb [signed-by=${box.keyring} target=Packages] ${MIRROR} ${suite} main\n`);
    }
    expect(config).not.toMatch(/security|shop/);
    const written = [...config.matchAll(/^Dir::(?:State::lists|Cache|Etc::sourcelist) "(.*)";$/gm)];
    expect(written.map(([, path]) => path?.startsWith(`${box.temp}/`))).toEqual([true, true, true]);
  });

  it('is found although a suite is missing on the mirror', async () => {
    offer(BACKPORT);
    build(kernelTree('7.3.4'));
    writeFileSync(join(box.dir, 'apt/update-errors'), 'E: no Release file\n');
    expect(await box.fetch()).toMatchObject({ code: 0 });
  });

  it.each([
    [
      'a known version before a newer one',
      ['7.4', '7.4.1-1'],
      ['7.3', '7.3.9-1'],
      ['7.3', '7.3.4-2'],
      '7.3=7.3.4-2',
    ],
    [
      'an older known version before an unknown one',
      ['7.3', '7.3.9-1'],
      ['7.3', '7.3.2-1'],
      ['7.2', '7.2.1-1'],
      '7.3=7.3.2-1',
    ],
    [
      'the newest release of the series',
      ['7.4', '7.4.1-1'],
      ['7.3', '7.3.9-1'],
      ['7.3', '7.3.10-1'],
      '7.3=7.3.10-1',
    ],
    ['the next series', ['7.10', '7.10.1-1'], ['7.4', '7.4.1-1'], ['7.2', '7.2.99-1'], '7.4=7.4.1-1'],
  ] as const)('is chosen: %s', async (_, a, b, c, chosen) => {
    offer(...[a, b, c].map(([series, version]) => [`linux-source-${series}`, version] as const));
    await box.fetch();
    expect(calls()).toContain(`download linux-source-${chosen} `);
  });

  it('of a newer release is used with a warning, since Debian signed it', async () => {
    offer(['linux-source-7.4', '7.4.2-1']);
    build(kernelTree('7.4.2'), 'linux-source-7.4');
    const result = await box.fetch();
    expect(result).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('now holds Linux 7.4.2 (not known'),
    });
    expect(result.stderr).toMatch(
      /Warning: Debian package linux-source-7.4 7.4.2-1 \(Linux 7.4.2\) is not a kernel/,
    );
    expect(box.left()).toEqual({ vendor: kernelFiles('7.4.2'), cache: cached('7.4.2'), temp: {} });
    expect(await box.fetch()).toMatchObject({ code: 0, stderr: '' });
  });
});

onDebian('the package is refused, and leaves nothing behind, when', () => {
  beforeEach(() => {
    offer(BACKPORT);
  });
  afterEach(() => {
    expect(box.left()).toEqual(NOTHING);
  });

  it('there is no network', async () => {
    offer();
    writeFileSync(join(box.dir, 'apt/update-errors'), 'E: Could not resolve the mirror\n');
    expectError(await box.fetch(), /Debian's package: http:\S+: E: Could not resolve the mirror\./);
  });

  it('there is no network for the one suite that has it', async () => {
    offer(['linux-source-6.12', '6.12.9-1']);
    writeFileSync(join(box.dir, 'apt/update-errors'), 'W: Failed to fetch trixie-backports\n');
    expectError(await box.fetch(), /W: Failed to fetch trixie-backports\./);
  });

  it('the download fails', async () => {
    expectError(await box.fetch(), /Debian's package: .*E: Failed to fetch\./);
  });

  it('only older kernels are listed', async () => {
    offer(['linux-source-6.12', '6.12.9-1']);
    expectError(await box.fetch(), /of Linux 7\.3\.4 or newer \(only: linux-source-6\.12 6\.12\.9-1\)/);
  });

  it('no mirror is configured', async () => {
    writeFileSync(join(box.dir, 'apt/uris'), '');
    expectError(await box.fetch(), 'no Debian mirror is configured');
  });

  it('there is no keyring', async () => {
    expectError(
      await box.fetch(['--keyring', '/nonexistent.gpg']),
      'there is no /nonexistent.gpg to check it with',
    );
  });

  it('the machine has no apt', async () => {
    expectError(await box.fetch([], { PATH: box.temp }), "Debian's package: apt-get is not installed");
  });

  it('it is truncated', async () => {
    build(kernelTree('7.3.4'));
    const deb = join(box.dir, 'apt/package.deb');
    truncateSync(deb, readFileSync(deb).length - 200);
    expectError(await box.fetch(), /is truncated or damaged: dpkg-deb failed/);
  });

  it('dpkg-deb is missing', async () => {
    build(kernelTree('7.3.4'));
    const PATH = `${box.bin}:${box.only('cat', 'cp', 'cut', 'dirname', 'sort', 'tar', 'xz')}`;
    expectError(await box.fetch([], { PATH }), 'cannot be unpacked: dpkg-deb is not installed');
  });

  it('dpkg-deb dies without a word', async () => {
    build(kernelTree('7.3.4'));
    box.program('dpkg-deb', 'kill -9 $$');
    expectError(await box.fetch(), /is truncated or damaged: dpkg-deb failed with SIGKILL/);
  });

  it('it holds no source', async () => {
    build(kernelTree('7.3.4'), 'linux-source-7.4');
    expectError(await box.fetch(), /is truncated or damaged: tar failed/);
  });

  it('its files are not MIT', async () => {
    build({ ...kernelTree('7.3.4'), 'drivers/gpu/buddy.c': spdxLine('GPL-2.0') });
    expectError(await box.fetch(), 'does not begin with "SPDX-License-Identifier: MIT"');
  });
});
