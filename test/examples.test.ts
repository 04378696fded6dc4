/** Every program in examples/ is a package of its own, which a newcomer can install and run. Its own tests: `npm run test:packages`. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const names = readdirSync(join(root, 'examples')).filter((name) =>
  existsSync(join(root, 'examples', name, 'package.json')),
);

describe.each(names)('examples/%s', (name) => {
  const read = (file: string) => readFileSync(join(root, 'examples', name, file), 'utf8');

  test('has commands to start and to test it, says which Node it needs, and takes this checkout', () => {
    expect(JSON.parse(read('package.json'))).toMatchObject({
      name: `gpu-buddy-example-${name}`,
      private: true,
      engines: { node: expect.stringMatching(/^>=\d/) },
      scripts: { start: expect.any(String), test: expect.any(String) },
      dependencies: { 'gpu-buddy': 'file:../..' },
    });
  });

  test('has a lock file that names no registry, and does not build this checkout once more', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "http/);
    expect(read('.npmrc').split('\n')).toEqual(
      expect.arrayContaining(['ignore-scripts=true', 'omit-lockfile-registry-resolved=true']),
    );
  });

  test('is explained in a README of its own, and named in the README and the changelog', () => {
    for (const command of ['npm ci', 'npm start', 'npm test', `cd examples/${name}`])
      expect(read('README.md')).toContain(command);
    for (const page of ['README.md', 'CHANGELOG.md'])
      expect(readFileSync(join(root, page), 'utf8')).toContain(`examples/${name}`);
  });
});
