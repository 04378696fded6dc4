// Debian's package: the real dpkg-deb and tar on small packages made here, with stand-ins for apt-get and apt-cache.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, expectError, type Files, kernelFiles, kernelTree, Sandbox, spdxLine } from './sandbox';

const FILES = kernelFiles('7.3.4');
const NOTHING = { vendor: {}, cache: {}, temp: {} };
const BACKPORT = '7.3.4-1~bpo13+1';
const CANDIDATE = '7.3~rc7-1~exp1';
const MIRROR = 'http://mirror.invalid/debian/';

// Does as apt does with what the test put beside it; `calls` is its diary.
const APT = `
cd_to="$PWD"; apt=$(dirname "$0")/../apt
echo "$*" >> "$apt/calls"
for word in "$@"; do case "$before" in -c) cat "$word" "\${word%apt.conf}sources.list" > "$apt/config";; esac; before=$word; done
case "$*" in
  *"update --print-uris"*) cat "$apt/uris";;
  *update*) cat "$apt/update-errors" >&2; test ! -s "$apt/update-errors" || exit 100;;
  *pkgnames*) cut -d' ' -f1 "$apt/madison" | sort -u;;
  *madison*) cat "$apt/madison";;
  *download*) deb=$apt/\${4#*=}.deb; test -e "$deb" || { echo 'E: Failed to fetch' >&2; exit 100; }
    cp "$deb" "$cd_to/";;
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

/** Lists versions as apt does: the newest first. */
function offer(...versions: readonly string[]): void {
  const rows = versions.map((version) => {
    const [series = ''] = /^\d+\.\d+/.exec(version) ?? [];
    return `linux-source-${series} | ${version} | ${MIRROR} sid/main amd64 Packages\n`;
  });
  box.write({ madison: rows.join('') }, 'apt');
}

/** Makes the package that the stand-in hands out as that version. */
function build(files: Files, version = BACKPORT, name = 'linux-source-7.3'): string {
  const control = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: none <none@mirror.invalid>\nDescription: x\n`;
  box.write(files, `source-${version}/${name}`);
  box.write({ 'DEBIAN/control': control, 'usr/src/README': 'x' }, `deb-${version}`);
  box.pack(`source-${version}/${name}`, `deb-${version}/usr/src/${name}.tar.xz`, ['-J']);
  const deb = join(box.dir, 'apt', `${version}.deb`);
  execFileSync('dpkg-deb', ['-b', join(box.dir, `deb-${version}`), deb]);
  return deb;
}

function calls(): string {
  return readFileSync(join(box.dir, 'apt/calls'), 'utf8');
}

/** The packages that apt was told to download, in turn. */
function downloads(): string[] {
  return [...calls().matchAll(/download (\S+)/g)].map(([, name = '']) => name);
}

const onDebian = spawnSync('dpkg-deb', ['--version']).status === 0 ? describe : describe.skip;

onDebian('the package', () => {
  it('is fetched and unpacked, and fills the cache', async () => {
    offer(BACKPORT);
    build(kernelTree('7.3.4'));
    const result = await box.fetch();
    expect(result).toMatchObject({
      code: 0,
      stdout: `vendor/linux/7.3 now holds Linux 7.3.4, from Debian package linux-source-7.3 ${BACKPORT}.\n`,
    });
    expect(result.stderr.split('\n')).toEqual([
      "Reading Debian's package lists …",
      `Downloading linux-source-7.3 ${BACKPORT} (170 MB) …`,
      `Unpacking linux-source-7.3 ${BACKPORT} …`,
      '',
    ]);
    expect(box.left()).toEqual({ vendor: FILES, cache: cached('7.3.4'), temp: {} });

    rmSync(box.vendor, { recursive: true });
    rmSync(join(box.dir, 'apt/calls'));
    expect(await box.fetch()).toMatchObject({ code: 0, stderr: '' });
    expect(calls).toThrow('no such file');
  });

  it('comes from the machine’s Debian mirrors, signed by Debian, with nothing of the system’s touched', async () => {
    offer(BACKPORT);
    build(kernelTree('7.3.4'));
    const second = 'http://second.invalid/debian/';
    const others = ['http://mirror.invalid/debian-security/', 'https://shop.invalid/apt/', MIRROR, second];
    box.write({ uris: others.map((uri) => `'${uri}dists/x/InRelease' x 0\n`).join('') }, 'apt');
    expect(await box.fetch()).toMatchObject({ code: 0 });
    const config = readFileSync(join(box.dir, 'apt/config'), 'utf8');
    for (const mirror of [MIRROR, second])
      for (const suite of ['trixie-backports', 'sid', 'experimental'])
        expect(config).toContain(`deb [signed-by=${box.keyring} target=Packages] ${mirror} ${suite} main\n`);
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
    ['a known version before a newer one', ['7.4.1-1', '7.3.9-1', '7.3.4-2'], ['7.3.4-2', '7.3.9-1']],
    ['an older known version, too', ['7.3.9-1', '7.3.2-1', '7.2.1-1'], ['7.3.2-1', '7.3.9-1']],
    ['the newest of others, two at most', ['7.3.10-1', '7.3.9-1', '7.3.8-1'], ['7.3.10-1', '7.3.9-1']],
    ['what several suites have, once', ['7.3.9-1', '7.3.9-1', '7.3.8-1'], ['7.3.9-1', '7.3.8-1']],
    ['no other series', ['7.10.1-1', '7.4.1-1', CANDIDATE, '7.2.99-1'], [CANDIDATE]],
  ] as const)('is downloaded: %s', async (_, offered, tried) => {
    offer(...offered);
    expectError(await box.fetch(), 'E: Failed to fetch');
    expect(downloads()).toEqual(tried.map((version) => `linux-source-7.3=${version}`));
  });

  it('is judged by its files, not by its version', async () => {
    offer(CANDIDATE);
    build({ ...kernelTree('7.3.0'), ...FILES }, CANDIDATE);
    const result = await box.fetch();
    expect(result).toMatchObject({
      code: 0,
      stdout: `vendor/linux/7.3 now holds Linux 7.3.4, from Debian package linux-source-7.3 ${CANDIDATE}.\n`,
    });
    expect(result.stderr).not.toContain('Warning');
    expect(box.left()).toEqual({ vendor: FILES, cache: cached('7.3.4'), temp: {} });
  });

  it('gives way to the next one if its files are not known', async () => {
    offer(CANDIDATE, '7.3~rc6-1~exp1');
    build(kernelTree('7.3.0'), CANDIDATE);
    build(kernelTree('7.3.4'), '7.3~rc6-1~exp1');
    expect((await box.fetch()).stdout).toContain('from Debian package linux-source-7.3 7.3~rc6-1~exp1');
  });

  it('is used with a warning if it holds a newer release, since Debian signed it', async () => {
    offer('7.3.9-1');
    build(kernelTree('7.3.9'), '7.3.9-1');
    const result = await box.fetch();
    expect(result).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('now holds Linux 7.3.9 (not known'),
    });
    expect(result.stderr).toMatch(
      /Warning: Debian package linux-source-7.3 7.3.9-1 \(Linux 7.3.9\) is not a kernel/,
    );
    expect(box.left()).toEqual({ vendor: kernelFiles('7.3.9'), cache: {}, temp: {} });
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
    expectError(
      await box.fetch(),
      /Debian's package: no package .*: none\); E: Could not resolve the mirror\./,
    );
  });

  it('there is no network for the one suite that has it', async () => {
    offer('6.12.9-1');
    writeFileSync(join(box.dir, 'apt/update-errors'), 'W: Failed to fetch trixie-backports\n');
    expectError(await box.fetch(), /W: Failed to fetch trixie-backports\./);
  });

  it('the download fails', async () => {
    expectError(await box.fetch(), /Debian's package: .*E: Failed to fetch\./);
  });

  it('only an older series is offered, without a download', async () => {
    offer('7.2.13-1', '7.2.12-1~bpo13+1');
    const result = await box.fetch();
    expectError(result, 'no package linux-source-7.3 is offered (only: linux-source-7.2).');
    expect(downloads()).toEqual([]);
  });

  it('a newer series is offered, which is named, without a download', async () => {
    offer('7.4.1-1', '7.2.13-1');
    const result = await box.fetch();
    expectError(
      result,
      '(only: linux-source-7.2, linux-source-7.4); Linux 7.4 is a newer series',
      'npm run oracle -- parity',
    );
    expect(downloads()).toEqual([]);
  });

  it('a release candidate has files that are not known', async () => {
    offer(CANDIDATE);
    build(kernelTree('7.3.0'), CANDIDATE);
    const result = await box.fetch([], { GPU_BUDDY_ALLOW_UNVERIFIED: '1' });
    expectError(
      result,
      /7\.3~rc7-1~exp1 \(Linux 7\.3\) is not a kernel that .*buddy\.c has SHA-256 \w+, expected/,
    );
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

  it('the machine has no apt, whose keyring nobody misses', async () => {
    const result = await box.fetch(['--keyring', '/nonexistent.gpg'], { PATH: box.temp });
    expectError(result, "Debian's package: apt-get is not installed.");
    expect(result.stderr).not.toContain('keyring');
  });

  it('apt may not do its work', async () => {
    box.program('apt-get', "echo 'E: Unable to mkdir /var/lib/apt (13: Permission denied)' >&2; exit 100");
    expectError(
      await box.fetch(),
      "Debian's package: E: Unable to mkdir /var/lib/apt (13: Permission denied).",
    );
  });

  it('it is truncated', async () => {
    const deb = build(kernelTree('7.3.4'));
    truncateSync(deb, readFileSync(deb).length - 200);
    expectError(await box.fetch(), /Debian package linux-source-7\.3 \S+: dpkg-deb failed/);
  });

  it('dpkg-deb is missing', async () => {
    build(kernelTree('7.3.4'));
    const PATH = `${box.bin}:${box.only('cat', 'cp', 'cut', 'dirname', 'sort', 'tar', 'xz')}`;
    expectError(await box.fetch([], { PATH }), 'dpkg-deb is not installed');
  });

  it('xz is missing', async () => {
    build(kernelTree('7.3.4'));
    const PATH = `${box.bin}:${box.only('cat', 'cp', 'cut', 'dirname', 'sort', 'tar', 'dpkg-deb')}`;
    expectError(await box.fetch([], { PATH }), 'xz is not installed');
  });

  it('dpkg-deb dies without a word', async () => {
    build(kernelTree('7.3.4'));
    box.program('dpkg-deb', 'kill -9 $$');
    expectError(await box.fetch(), /dpkg-deb failed with SIGKILL/);
  });

  it('it holds no source', async () => {
    build(kernelTree('7.3.4'), BACKPORT, 'linux-source-7.4');
    expectError(await box.fetch(), /is no archive of a kernel, or damaged: .*Cannot open: No such file/);
  });

  it('its files are not MIT', async () => {
    offer('7.3.9-1');
    build({ ...kernelTree('7.3.9'), 'drivers/gpu/buddy.c': spdxLine('GPL-2.0') }, '7.3.9-1');
    expectError(await box.fetch(), 'does not begin with "SPDX-License-Identifier: MIT"');
  });
});
