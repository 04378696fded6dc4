/** Every example in README.md, docs/ and the docstrings of lib/ runs; what it logs is what its `// …` comments say. */
import { describe, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import { parse } from 'acorn';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { inspect } from 'node:util';
import { compileFunction } from 'node:vm';
import * as gpuBuddy from 'gpu-buddy';
import * as draw from 'gpu-buddy/draw';
import * as inspection from 'gpu-buddy/inspect';
import * as metrics from 'gpu-buddy/metrics';
import * as queue from 'gpu-buddy/queue';
import * as trace from 'gpu-buddy/trace';

const root = join(__dirname, '..');

interface Example {
  readonly where: string;
  readonly code: string;
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(root, folder, file))
    .sort();
}

function examplesIn(file: string): Example[] {
  const text = readFileSync(file, 'utf8').replace(/^ *\* ?/gm, file.endsWith('.ts') ? '' : '$&');
  return [...text.matchAll(/^```[jt]s\n(.*?)^```/gms)].map((match) => ({
    where: `${relative(root, file)}:${String(text.slice(0, match.index).split('\n').length)}`,
    code: match[1] ?? '',
  }));
}

const pages = [join(root, 'README.md'), ...filesBelow('docs', '.md')];
const ofPages = pages.flatMap(examplesIn);
const examples = [...ofPages, ...filesBelow('lib', '.ts').flatMap(examplesIn)];

const modules = new Map<string, unknown>([
  ['gpu-buddy', gpuBuddy],
  ['gpu-buddy/queue', queue],
  ['gpu-buddy/trace', trace],
  ['gpu-buddy/metrics', metrics],
  ['gpu-buddy/draw', draw],
  ['gpu-buddy/inspect', inspection],
]);

/** Runs an example as a program of its own, and gives what it logged. */
async function run(code: string): Promise<string[]> {
  const { code: compiled } = transformSync(code, {
    // Left as it is, import() works in the code of a worker.
    module: { type: 'commonjs', ignoreDynamic: true },
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  });
  const logged: string[] = [];
  const require = createRequire(__filename);
  const body = `return (async () => {${compiled}
})()`;
  const program = compileFunction(body, ['require', 'exports', 'console']) as (
    ...globals: readonly unknown[]
  ) => Promise<void>;
  await program(
    (name: string): unknown => modules.get(name) ?? (require(name) as unknown),
    {},
    {
      log: (...values: readonly unknown[]) => {
        logged.push(values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '));
      },
      // Warnings about lists that other examples have dropped.
      warn: () => undefined,
    },
  );
  return logged;
}

/** The comments behind `console.log(…);`, up to a colon. */
function promised(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\); \/\/ ([^:\n]*)/g)].map((match) => match[1] ?? '');
}

describe('examples', () => {
  test('are found in the README, in docs/ and in the docstrings', () => {
    for (const place of ['README.md', 'docs/', 'lib/'])
      expect(examples.filter(({ where }) => where.startsWith(place))).not.toEqual([]);
  });

  test.each(examples)('log what their comments say: $where', async ({ code }) => {
    expect(await run(code)).toEqual(promised(code));
  });
});

describe('the examples of README.md and docs/', () => {
  test.each(ofPages)('at $where have no syntax that the oldest supported Node does not know', ({ code }) => {
    expect(() => parse(code, { ecmaVersion: 2023, sourceType: 'module' })).not.toThrow();
  });

  // From this folder the package finds itself, as it is built.
  test.each(ofPages)('at $where run as they stand, as an ES module in this Node', ({ code }) => {
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(output.split('\n').slice(0, -1)).toEqual(promised(code));
  });
});

describe('bigints', () => {
  const isExplainedIn = (page: string) => page.endsWith('numbers.md');
  const bigintsIn = (page: string) => readFileSync(page, 'utf8').match(/BigInt\(|\b\d[\d_]*n\b/g) ?? [];

  test('are shown where they are explained', () => {
    expect(pages.filter(isExplainedIn).flatMap(bigintsIn)).not.toEqual([]);
  });

  test.each(pages.filter((page) => !isExplainedIn(page)).map((page) => relative(root, page)))(
    'are not shown in %s',
    (page) => {
      expect(bigintsIn(join(root, page))).toEqual([]);
    },
  );
});
