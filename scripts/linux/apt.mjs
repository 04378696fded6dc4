// Debian's kernel source package, fetched with the machine's own apt in a throw-away root: a release older than the
// package gets it too, and no file of the system is touched. apt checks Debian's signatures all the way.

import { accessSync, chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpack } from './archive.mjs';
import { FetchError } from './fetch-error.mjs';
import { progress } from './progress.mjs';
import { CommandFailed, run } from './run.mjs';
import { withTempFolder } from './temp.mjs';

/** @typedef {{ name: string, version: string, upstream: string }} Package */

const SUITES = ['trixie-backports', 'sid'];
const PREFIX = 'linux-source-';
const KEYRINGS = ['gpg', 'pgp'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`);

/**
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ keyring: string | undefined }} options
 * @returns {Promise<import('./verify.mjs').Found>}
 */
export function fromApt(manifest, options) {
  return withPackage(manifest, options, (deb, chosen) => extract(deb, chosen, manifest.paths));
}

/**
 * Fetches the package and lets `use` have its file, which is gone afterwards.
 * @template T
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ keyring: string | undefined }} options
 * @param {(deb: string, chosen: Package) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withPackage(manifest, { keyring }, use) {
  const keys = (keyring ? [keyring] : KEYRINGS).find(exists);
  if (!keys) {
    throw new FetchError(
      `there is no ${keyring ?? KEYRINGS[0]} to check it with (package debian-archive-keyring)`,
    );
  }
  return withTempFolder(join(tmpdir(), 'gpu-buddy-apt-'), async (folder) => {
    chmodSync(folder, 0o755); // apt drops root's rights for its downloads
    const mirrors = await configuredMirrors(folder);
    if (mirrors.length === 0) throw new FetchError('no Debian mirror is configured on this machine');
    const problems = [];
    for (const mirror of mirrors) {
      try {
        const config = makeRoot(join(folder, `root-${problems.length}`), mirror, keys);
        const { packages, failure } = await listPackages(config);
        const chosen = choose(packages, manifest.versions);
        if (!chosen) throw failure ?? nothingNewEnough(packages, manifest.versions[0]);
        const deb = await download(config, chosen, join(folder, `deb-${problems.length}`));
        return await use(deb, chosen);
      } catch (error) {
        problems.push(`${mirror}: ${explain(error)}`);
      }
    }
    throw new FetchError(problems.join('; '));
  });
}

/**
 * The mirrors of Debian among the repositories that apt updates from. Works where no list has been fetched
 * yet, as in a fresh container, where `apt-get indextargets` says nothing.
 * @param {string} folder
 */
async function configuredMirrors(folder) {
  const lists = join(folder, 'lists');
  mkdirSync(lists);
  const text = await run([['apt-get', '-o', `Dir::State::lists=${lists}`, 'update', '--print-uris']]).catch(
    (error) => {
      throw new FetchError(explain(error));
    },
  );
  const mirrors = new Set([...text.matchAll(/^'(\S+?\/)dists\//gm)].map(([, mirror = '']) => mirror));
  const others = [...mirrors].filter((mirror) => !mirror.includes('security'));
  const debian = others.filter((mirror) => mirror.endsWith('/debian/'));
  return debian.length > 0 ? debian : others;
}

/**
 * @param {string} folder
 * @param {string} mirror
 * @param {string} keys
 * @returns {string} the configuration file that makes apt use this root
 */
function makeRoot(folder, mirror, keys) {
  for (const name of ['lists', 'cache']) mkdirSync(join(folder, name), { recursive: true });
  const sources = join(folder, 'sources.list');
  writeFileSync(
    sources,
    SUITES.map((suite) => `deb [signed-by=${keys} target=Packages] ${mirror} ${suite} main\n`).join(''),
  );
  const config = join(folder, 'apt.conf');
  writeFileSync(
    config,
    `Dir::Etc::sourcelist "${sources}";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "${join(folder, 'lists')}";
Dir::State::status "/dev/null";
Dir::Cache "${join(folder, 'cache')}";
Dir::Cache::pkgcache "pkgcache.bin";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
APT::Default-Release "";
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::Retries "1";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`,
  );
  return config;
}

/**
 * What the mirror lists, and what went wrong with a part of it: not every mirror has every suite.
 * @param {string} config
 * @returns {Promise<{ packages: Package[], failure?: unknown }>}
 */
async function listPackages(config) {
  console.error("Reading Debian's package lists …");
  const failure = await run([['apt-get', '-c', config, '-q', 'update']]).then(
    () => undefined,
    (error) => error,
  );
  const names = (await run([['apt-cache', '-c', config, 'pkgnames', PREFIX]])).split('\n').filter(Boolean);
  if (names.length === 0) return { packages: [], failure };
  return { packages: parse(await run([['apt-cache', '-c', config, 'madison', ...names]])), failure };
}

/**
 * Reads what `apt-cache madison` prints: name | version | where.
 * @param {string} table
 * @returns {Package[]}
 */
function parse(table) {
  return [...table.matchAll(/^ *(linux-source-\d+\.\d+) *\| *((?:\d+:)?(\d+(?:\.\d+)+)\S*) *\|/gm)].map(
    ([, name = '', version = '', upstream = '']) => ({ name, version, upstream }),
  );
}

/**
 * A version whose hashes we know; else a newer release of the same series, else of the next one.
 * @param {Package[]} packages
 * @param {string[]} known newest first
 * @returns {Package | undefined}
 */
function choose(packages, known) {
  for (const version of known) {
    const exact = packages.find(({ upstream }) => upstream === version);
    if (exact) return exact;
  }
  const order = new Intl.Collator('en', { numeric: true }).compare;
  const [newest = ''] = known;
  return packages
    .filter(({ upstream }) => order(upstream, newest) > 0)
    .sort((a, b) => order(a.name, b.name) || order(b.version, a.version))[0];
}

/**
 * @param {Package[]} packages
 * @param {string} newest known version
 */
function nothingNewEnough(packages, newest) {
  const listed = packages.map(({ name, version }) => `${name} ${version}`).join(', ') || 'none';
  return new FetchError(`it lists no ${PREFIX}* package of Linux ${newest} or newer (only: ${listed})`);
}

/**
 * @param {string} config
 * @param {Package} chosen
 * @param {string} folder made for it
 * @returns {Promise<string>} the package file
 */
async function download(config, { name, version }, folder) {
  mkdirSync(folder);
  const get = ['apt-get', '-c', config, '-q', 'download', `${name}=${version}`];
  const [, size = ''] = /\.deb (\d+) /.exec(await run([[...get, '--print-uris']])) ?? [];
  const bar = await progress(
    `Downloading ${name} ${version}${size && ` (${Math.round(Number(size) / 1e6)} MB)`}`,
  );
  try {
    await run([[...get, '-o', 'APT::Status-Fd=3']], {
      cwd: folder,
      onStatus: (text) => {
        const percent = [...text.matchAll(/^dlstatus:\d+:([\d.]+):/gm)].at(-1)?.[1];
        if (percent) bar.update(Number(percent) / 100);
      },
    });
    bar.update(1);
  } finally {
    bar.done();
  }
  const deb = readdirSync(folder).find((file) => file.endsWith('.deb'));
  if (!deb) throw new FetchError(`apt-get left no package file of ${name} ${version}`);
  return join(folder, deb);
}

/**
 * @param {string} deb
 * @param {Package} chosen
 * @param {string[]} paths
 * @returns {Promise<import('./verify.mjs').Found>}
 */
async function extract(deb, { name, version, upstream }, paths) {
  const source = sourceOf({ name, version });
  const stream = { size: statSync(deb).size, tarOptions: ['-J'] };
  const { contents } = await unpack(archiveCommands(deb, name), stream, paths, source);
  return { source, version: upstream, signed: true, contents };
}

/** What people are told that a file comes from. @param {Pick<Package, 'name' | 'version'>} chosen */
export function sourceOf({ name, version }) {
  return `Debian package ${name} ${version}`;
}

/**
 * The commands that write the archive inside the package, compressed with xz.
 * @param {string} deb
 * @param {string} name of the package
 */
export function archiveCommands(deb, name) {
  return [
    ['dpkg-deb', '--fsys-tarfile', deb],
    ['tar', '-xO', '-f', '-', `./usr/src/${name}.tar.xz`],
  ];
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof FetchError) return error.message.replace(/\.$/, '');
  if (!(error instanceof CommandFailed)) throw error;
  if (error.missing) return `${error.missing} is not installed`;
  const complaints = error.stderr.split('\n').filter((line) => /^[EW]: /.test(line));
  return [...new Set(complaints)].slice(0, 3).join(' ') || error.message;
}

/** @param {string} file */
function exists(file) {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}
