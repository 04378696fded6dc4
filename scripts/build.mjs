// `npm run build`: all that `npm ci` builds, or the part that is named. Words after the name are the part's own:
// `npm run build -- native cmake-js --debug`.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeProtocol } from './protocol.mjs';
import { packageRoot, script, ScriptError, show } from './run.mjs';

/** Files of Node-API in the npm package, by their own package, so that it can be compiled without a network. */
const HEADERS = {
  'node-addon-api': {
    'napi.h': 'napi.h',
    'napi-inl.h': 'napi-inl.h',
    'LICENSE.md': 'LICENSE.node-addon-api.md',
  },
  'node-api-headers': {
    'include/node_api.h': 'node_api.h',
    'include/node_api_types.h': 'node_api_types.h',
    'include/js_native_api.h': 'js_native_api.h',
    'include/js_native_api_types.h': 'js_native_api_types.h',
    LICENSE: 'LICENSE.node-api-headers',
  },
};

/** The parts, in the order in which each needs the ones before. @type {Record<string, (words: string[]) => unknown>} */
const PARTS = {
  headers() {
    const target = path.join(packageRoot, 'vendor/node-api');
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    for (const [name, files] of Object.entries(HEADERS))
      for (const [from, to] of Object.entries(files))
        cpSync(path.join(packageRoot, 'node_modules', name, from), path.join(target, to));
  },
  async lib() {
    rmSync(path.join(packageRoot, 'dist'), { recursive: true, force: true });
    writeProtocol();
    await node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
    await node('scripts/bundle-types.mjs');
    await node('scripts/bundle.mjs');
  },
  fetch: (words) => node('scripts/fetch-linux.mjs', ...words),
  native: (words) => node('scripts/build-addon.mjs', ...words),
};

/** Parts that are built only when they are named. @type {Record<string, (words: string[]) => unknown>} */
const NAMED_PARTS = { web: () => node('scripts/build-web.mjs') };

/** @param {string[]} command */
async function node(...command) {
  // The part's own message is enough.
  await show([process.execPath, ...command], { cwd: packageRoot }).catch((error) => {
    if (!(error instanceof ScriptError)) throw error;
    process.exit(1);
  });
}

await script('build', async () => {
  const [name, ...words] = process.argv.slice(2);
  const all = { ...PARTS, ...NAMED_PARTS };
  if (name && !Object.hasOwn(all, name))
    throw new ScriptError(`there is no part ${name}, only ${Object.keys(all).join(', ')}`);
  for (const part of name ? [all[name]] : Object.values(PARTS)) await part(words);
});
