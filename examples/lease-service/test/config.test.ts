/** Tests the configuration. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { openConfig, toConfig } from '../src/config.ts';
import { newToken } from '../src/tokens.ts';
import { MiB, temporaryFolder, testConfig } from './support.ts';

test('makes a configuration where there is none, which nobody else can read, and tells its tokens once', (context) => {
  const folder = temporaryFolder(context);
  const { config, tokens } = openConfig(folder);
  assert.deepEqual(
    tokens.map((token) => token.split('.')[0]),
    ['operator', 'red', 'blue'],
  );
  assert.equal(statSync(`${folder}/config.json`).mode & 0o077, 0);
  assert.deepEqual(openConfig(folder), { config, tokens: [] });
});

const tokenHash = newToken('x').hash;
const faults: [what: string, options: object, message: string][] = [
  ['a misspelt option', { prot: 80 }, 'config/prot is unknown'],
  ['a misspelt limit', { limits: { maxTtL: 1 } }, 'config/limits/maxTtL is unknown'],
  ['a size that is text', { size: '16 GiB' }, 'config/size must be integer'],
  [
    'a token in place of its hash',
    { operator: { tokenHash: newToken('x').token } },
    'config/operator/tokenHash must match pattern',
  ],
  [
    'two tenants of one name',
    { tenants: ['red', 'red'].map((name) => ({ name, tokenHash })) },
    "config/tenants has 'red' twice",
  ],
  [
    "a tenant with the operator's name",
    { tenants: [{ name: 'operator', tokenHash }] },
    "config/tenants has 'operator' twice",
  ],
  ['a window larger than the memory', { visibleSize: 17 * MiB }, 'config/visibleSize must be <= size'],
];
for (const [what, options, message] of faults)
  test(`refuses ${what}`, () => {
    assert.throws(
      () => toConfig({ ...testConfig(), ...options }),
      (error: Error) => error.message.startsWith(message),
    );
  });
