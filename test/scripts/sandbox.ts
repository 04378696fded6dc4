// A package folder of its own for `fetch-linux`, with made-up kernel files, an empty home and no way to the network.

import { expect } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export const SCRIPTS = join(__dirname, '..', '..', 'scripts');

export const BUDDY = 'drivers/gpu/buddy.c';
export const HEADER = 'include/linux/gpu_buddy.h';
export const KUNIT = 'drivers/gpu/tests/gpu_buddy_test.c';
export const PATHS = [BUDDY, HEADER, KUNIT];

/** Path to content. */
export type Files = Readonly<Record<string, string>>;
export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The first line of a file of the kernel. */
export function spdxLine(licence: string): string {
  return `// SPDX-License-Identifier: ${licence}\n`;
}

/** Made-up files of a kernel version, that begin as the kernel's do. */
export function kernelFiles(version: string): Files {
  return Object.fromEntries(PATHS.map((path) => [path, `${spdxLine('MIT')}// ${path} of ${version}\n`]));
}

/** The files and the top Makefile that tells their version. */
export function kernelTree(version: string): Files {
  const [major, minor, patch] = version.split('.');
  const makefile = `VERSION = ${major ?? ''}\nPATCHLEVEL = ${minor ?? ''}\nSUBLEVEL = ${patch ?? ''}\nEXTRAVERSION =\n`;
  return { ...kernelFiles(version), Makefile: makefile };
}

export function without(files: Files, path: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}

export function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Releases that vendor/linux.json knows in a sandbox, newest first. */
export const KNOWN = ['7.3.4', '7.3.2'];

export class Sandbox {
  readonly dir = mkdtempSync(join(tmpdir(), 'fetch-linux-test-'));
  readonly vendor = join(this.dir, 'package/vendor/linux/7.3');
  readonly cache = join(this.dir, 'cache/gpu-buddy');
  readonly temp = join(this.dir, 'temp');
  /** Programs that hide the system's own. */
  readonly bin = join(this.dir, 'bin');
  readonly keyring = join(this.dir, 'keyring.gpg');

  readonly #versions: object;

  constructor() {
    const versions = KNOWN.map((version) => [
      version,
      Object.fromEntries(
        Object.entries(kernelFiles(version)).map(([path, content]) => [
          path,
          { sha256: sha256(content), licence: 'MIT', neededFor: path === KUNIT ? 'tests' : 'addon' },
        ]),
      ),
    ]);
    this.#versions = Object.fromEntries(versions) as object;
    this.publish();
    this.write({ 'keyring.gpg': '' });
    mkdirSync(this.temp);
    this.program('apt-get', "echo 'E: there is no network' >&2; exit 100");
  }

  /** Names public trees in vendor/linux.json. */
  publish(...trees: readonly string[]): void {
    const series = {
      '7.3': {
        interface: '7.3',
        suites: ['trixie-backports', 'sid', 'experimental'],
        versions: this.#versions,
      },
    };
    this.write({ 'package/vendor/linux.json': JSON.stringify({ builtIn: '7.3', trees, series }) });
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Writes files below `folder`, which is relative to the sandbox, and gives its path. */
  write(files: Files, folder = ''): string {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.dir, folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return join(this.dir, folder);
  }

  program(name: string, script: string): void {
    chmodSync(join(this.write({ [name]: `#!/bin/sh\n${script}\n` }, 'bin'), name), 0o755);
  }

  /** A folder for PATH that holds these of the system's programs alone. */
  only(...names: readonly string[]): string {
    const folder = join(this.dir, 'only');
    mkdirSync(folder);
    for (const name of names) {
      const place = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
      symlinkSync(place, join(folder, name));
    }
    return folder;
  }

  /** Packs a folder of the sandbox with the system's tar; `options` such as -J compress. */
  pack(folder: string, archive: string, options: readonly string[] = []): string {
    const file = join(this.dir, archive);
    execFileSync('tar', [
      '-c',
      ...options,
      '-C',
      join(this.dir, dirname(folder)),
      '-f',
      file,
      folder.split('/').at(-1) ?? '',
    ]);
    return file;
  }

  /** Starts `fetch-linux` and does not wait. */
  start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const common = ['--root', join(this.dir, 'package'), '--keyring', this.keyring];
    return spawn(process.execPath, [join(SCRIPTS, 'fetch-linux.mjs'), ...common, ...args], {
      env: this.env(env),
    });
  }

  async fetch(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Result> {
    return finished(this.start(args, env));
  }

  /** Fetches with GPU_BUDDY_LINUX set. */
  async fetchFrom(place: string, env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Promise<Result> {
    return this.fetch(args, { GPU_BUDDY_LINUX: place, ...env });
  }

  async version(): Promise<Result> {
    const script = join(SCRIPTS, 'linux/version.mjs');
    return finished(
      spawn(process.execPath, [script, '--root', join(this.dir, 'package')], { env: this.env({}) }),
    );
  }

  env(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return {
      PATH: `${this.bin}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: join(this.dir, 'home'),
      XDG_CACHE_HOME: join(this.dir, 'cache'),
      TMPDIR: this.temp,
      ...more,
    };
  }

  origin(): unknown {
    return JSON.parse(readFileSync(join(this.vendor, 'origin.json'), 'utf8'));
  }

  /** Every file left in vendor/linux/7.3, the cache and the temporary folder, origin.json excepted. */
  left(): { vendor: Files; cache: Files; temp: Files } {
    return { vendor: filesIn(this.vendor), cache: filesIn(this.cache), temp: filesIn(this.temp) };
  }
}

/** Reads the files below a folder, and names empty folders as well. */
export function filesIn(folder: string): Files {
  const files: Record<string, string> = {};
  const visit = (path: string): void => {
    let entries;
    try {
      entries = readdirSync(join(folder, path), { withFileTypes: true });
    } catch {
      return;
    }
    if (entries.length === 0 && path !== '') files[`${path}/`] = '';
    for (const entry of entries) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) visit(inner);
      else if (entry.name !== 'origin.json') files[inner] = readFileSync(join(folder, inner), 'utf8');
    }
  };
  visit('');
  return files;
}

/** The cache after a fetch of one version. */
export function cached(version: string): Files {
  return Object.fromEntries(
    Object.entries(kernelFiles(version)).map(([path, content]) => [`linux-${version}/${path}`, content]),
  );
}

export async function finished(child: ChildProcess): Promise<Result> {
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    }),
  ]);
  return { code, stdout, stderr };
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = '';
  for await (const chunk of stream ?? []) all += String(chunk);
  return all;
}

/** Fails unless this is a failure told in one clear message, without a stack. */
export function expectError(result: Result, ...parts: readonly (string | RegExp)[]): void {
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toContain('fetch-linux: ');
  expect(result.stderr).not.toMatch(/^\s+at /m);
  for (const part of parts) expect(result.stderr).toMatch(part);
}
