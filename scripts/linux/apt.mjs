// Debian's kernel source package, fetched with the machine's own apt in a throw-away root: a release older than the package gets
// it too, no file of the system is touched, and nobody needs to be root. apt checks Debian's signatures all the way.
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed, run, ScriptError, withTempFolder } from '../run.mjs';
import { readArchive } from './tree.mjs';
import { verify } from './verify.mjs';

/** @typedef {import('./manifest.mjs').Manifest} Manifest */
/** @typedef {{ name: string, version: string, upstream: string }} Package */

const PREFIX = 'linux-source-';
const KEYRINGS = ['gpg', 'pgp'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`);
const MOST_DOWNLOADS = 2;

const { compare } = new Intl.Collator('en', { numeric: true });

/** @param {Manifest} manifest @param {string} [keyring] @returns {Promise<import('./verify.mjs').Files>} */
export function fromApt(manifest, keyring) {
  return withPackage(manifest, keyring, async (archive, source, { upstream }) => {
    const { contents } = await readArchive(archive, manifest.paths, source);
    const isSigned = compare(upstream, manifest.versions[0]) > 0;
    return verify({ source, version: upstream, isSigned, contents }, manifest);
  });
}

/**
 * Fetches a package and lets `use` have the archive in it, which is gone afterwards. If that throws a ScriptError, the next
 * package has its turn.
 * @template T
 * @param {Manifest} manifest
 * @param {string | undefined} keyring Debian's, if not in its usual place
 * @param {(archive: string, source: string, chosen: Package) => Promise<T>} use `source` is what people call it
 * @returns {Promise<T>}
 */
export async function withPackage(manifest, keyring, use) {
  return withTempFolder(async (folder) => {
    chmodSync(folder, 0o755); // apt drops root's rights for its downloads
    const mirrors = await debianMirrors(folder);
    if (mirrors.length === 0) throw new ScriptError('no Debian mirror is configured on this machine');
    const keys = (keyring ? [keyring] : KEYRINGS).find((file) => existsSync(file));
    if (!keys)
      throw new ScriptError(
        `there is no ${keyring ?? KEYRINGS[0]} to check it with: apt-get install debian-archive-keyring`,
      );
    const config = makeRoot(folder, mirrors, manifest.suites, keys);
    const problems = [];
    for (const chosen of await listPackages(config, manifest)) {
      const source = `Debian package ${chosen.name} ${chosen.version}`;
      try {
        return await use(await download(config, chosen, folder), source, chosen);
      } catch (error) {
        const text = explain(error);
        problems.push(text.includes(source) ? text : `${source}: ${text}`);
      }
    }
    throw new ScriptError(problems.join('; '));
  }).catch((error) => {
    throw new ScriptError(explain(error));
  });
}

/**
 * Finds the mirrors of Debian among the repositories that apt updates from. Works where no list has been fetched
 * yet, as in a fresh container, where `apt-get indextargets` says nothing.
 * @param {string} folder
 */
async function debianMirrors(folder) {
  for (const name of ['lists', 'cache']) mkdirSync(join(folder, name));
  const text = await run([
    ...['apt-get', '-o', `Dir::State::lists=${join(folder, 'lists')}`],
    ...['update', '--print-uris'],
  ]);
  const all = [...text.matchAll(/^'(\S+?\/)dists\//gm)].map(([, mirror = '']) => mirror);
  const mirrors = [...new Set(all)].filter((mirror) => !mirror.includes('security'));
  const debian = mirrors.filter((mirror) => mirror.endsWith('/debian/'));
  return debian.length > 0 ? debian : mirrors;
}

/**
 * @param {string} folder
 * @param {string[]} mirrors
 * @param {string[]} suites
 * @param {string} keys
 * @returns {string} the configuration file that makes apt use this root
 */
function makeRoot(folder, mirrors, suites, keys) {
  const sources = mirrors.flatMap((mirror) =>
    suites.map((suite) => `deb [signed-by=${keys} target=Packages] ${mirror} ${suite} main\n`),
  );
  writeFileSync(join(folder, 'sources.list'), sources.join(''));
  const config = join(folder, 'apt.conf');
  writeFileSync(
    config,
    `Dir::Etc::sourcelist "${join(folder, 'sources.list')}";
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
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`,
  );
  return config;
}

/**
 * Lists the packages worth a download: those of our series, a version that we know first, then the newest.
 * @param {string} config
 * @param {Manifest} manifest
 * @returns {Promise<Package[]>}
 */
async function listPackages(config, { series, versions }) {
  console.error("Reading Debian's package lists …");
  // Remembers failures, since not every mirror has every suite: they matter only if nothing is found.
  const failure = await run(['apt-get', '-c', config, '-q', 'update']).then(() => '', explain);
  const names = (await run(['apt-cache', '-c', config, 'pkgnames', PREFIX])).split('\n').filter(Boolean);
  const table = names.length > 0 ? await run(['apt-cache', '-c', config, 'madison', ...names]) : '';
  // name | version | where: the newest of each name first, and again for every suite and mirror.
  const rows = table.matchAll(/^ *(linux-source-\d+\.\d+) *\| *((?:\d+:)?(\d+(?:\.\d+)+)\S*) *\|/gm);
  const all = new Map(
    [...rows].map(([, name = '', version = '', upstream = '']) => [version, { name, version, upstream }]),
  );
  const isKnown = (/** @type {Package} */ { upstream }) => Number(versions.includes(upstream));
  const ours = [...all.values()].filter(({ name }) => name === PREFIX + series);
  if (ours.length > 0) return ours.sort((a, b) => isKnown(b) - isKnown(a)).slice(0, MOST_DOWNLOADS);

  const offered = names.sort(compare).join(', ') || 'none';
  const newer = names.filter((name) => compare(name, PREFIX + series) > 0);
  const hint =
    newer.length > 0 &&
    `Linux ${newer.map((name) => name.slice(PREFIX.length)).join(', ')} is a newer series, which this version of gpu-buddy ` +
      'does not know: look for a newer gpu-buddy, or try that kernel with `npm run oracle -- parity` (docs/internals/parity.md)';
  const problems = [`no package ${PREFIX}${series} is offered (only: ${offered})`, failure, hint];
  throw new ScriptError(problems.filter(Boolean).join('; '));
}

/**
 * @param {string} config
 * @param {Package} chosen
 * @param {string} folder for a folder of its own
 * @returns {Promise<string>} the archive that is in the package
 */
async function download(config, { name, version }, folder) {
  const cwd = join(folder, 'package');
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(cwd);
  console.error(`Downloading ${name} ${version} (170 MB) …`);
  await run(['apt-get', '-c', config, 'download', `${name}=${version}`], { cwd, stdout: process.stderr });
  console.error(`Unpacking ${name} ${version} …`);
  for (const deb of readdirSync(cwd)) {
    await run(['dpkg-deb', '-x', deb, '.'], { cwd });
    rmSync(join(cwd, deb));
  }
  return join(cwd, 'usr/src', `${name}.tar.xz`);
}

/** Says what went wrong, in one sentence without its full stop: of apt's many lines, its complaints. @param {unknown} error */
function explain(error) {
  if (!(error instanceof ScriptError)) throw error;
  const complaints =
    error instanceof CommandFailed ? error.stderr.split('\n').filter((line) => /^[EW]: /.test(line)) : [];
  return [...new Set(complaints)].slice(0, 3).join(' ') || error.message.replace(/\.$/, '');
}
