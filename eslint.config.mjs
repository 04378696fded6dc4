// What ESLint checks: TypeScript with types and strictly, plain JavaScript (scripts, config files) with the
// recommended rules. Layout is prettier's business, not ours.
import { existsSync } from 'node:fs';
import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier/flat';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const noDefaultExport = [
  'ExportDefaultDeclaration',
  'ExportSpecifier[exported.name="default"]',
  'TSExportAssignment',
].map((selector) => ({ selector, message: 'Name what you export.' }));

const noTrace = { regex: '^\\.{1,2}/(.*/)?trace(/|$)', message: 'The library stands below lib/trace.' };
const noQueue = { regex: '^\\.{1,2}/(.*/)?queue(/|$)', message: 'The library stands below lib/queue.' };
const noMetrics = { regex: '^\\.{1,2}/(.*/)?metrics(/|$)', message: 'The library stands below lib/metrics.' };
const noCli = { regex: '^\\.{1,2}/(.*/)?cli(/|$)', message: 'The library stands below lib/cli.' };
const noNeighbours = {
  regex: '^(\\.{1,2}/)+(scripts|tools|bench)/',
  message: 'scripts/, tools/ and bench/ stand apart: run the other as a process.',
};
const noApi = {
  regex: '^\\.{1,2}/(.*/)?api$',
  allowTypeImports: true,
  message: 'lib/api.ts declares, and has no code: import types from it.',
};
const noSelf = { regex: '^gpu-buddy(/|$)', message: 'Inside lib/, import the file itself.' };

/**
 * Imports point down only: the files may not import what matches a pattern.
 * @param {string[]} files
 * @param {{ regex: string, message: string, allowTypeImports?: boolean }[]} patterns
 * @returns {import('eslint').Linter.Config}
 */
function forbidImports(files, patterns) {
  return {
    files,
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

// Its types come from packages of its own, which are not always there; its `npm test` runs tsc.
const leaseService = 'examples/lease-service/';
const notInstalled = existsSync(`${leaseService}node_modules`) ? [] : [leaseService];

export default defineConfig(
  {
    ignores: [
      ...notInstalled,
      'build/',
      'coverage/',
      'dist/',
      'prebuilds/',
      'vendor/linux/',
      'packages/linux-*/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,mts}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': ['error', ...noDefaultExport],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: 'test' }] },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      // Numbers and bigints read well in a message; objects don't.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: nodeGlobals() },
    rules: { 'no-unused-vars': ['error', { varsIgnorePattern: '^_' }] },
  },
  forbidImports(['lib/**/*.{ts,mts}'], [noApi, noTrace, noQueue, noMetrics, noCli, noSelf]),
  forbidImports(['lib/trace/**/*.{ts,mts}'], [noApi, noCli, noSelf]),
  // Its declarations name the package, so that the allocator of a program is the one that they speak of.
  forbidImports(['lib/queue/**/*.{ts,mts}'], [noApi, noTrace, noMetrics, noCli]),
  forbidImports(['lib/metrics/**/*.{ts,mts}'], [noApi, noTrace, noQueue, noCli]),
  forbidImports(['lib/cli/**/*.{ts,mts}'], [noApi, noSelf]),
  forbidImports(['{bench,tools}/**/*.mjs'], [noNeighbours]),
  prettier,
);

/** What Node gives to every file, as ESLint wants to hear it. */
function nodeGlobals() {
  return Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']));
}
