// Copies the headers of Node-API and of node-addon-api, with their licences, to vendor/node-api/: an npm package carries them, so
// that it can be compiled without a network.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from './linux/root.mjs';

const COPIED = {
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

const target = path.join(packageRoot, 'vendor/node-api');
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [name, files] of Object.entries(COPIED))
  for (const [from, to] of Object.entries(files))
    cpSync(path.join(packageRoot, 'node_modules', name, from), path.join(target, to));
