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

/** Folders of lib/ that stand above it, and what each of them may import of the others. */
const floors = {
  trace: [],
  queue: [],
  metrics: [],
  page: ['trace'],
  'local-server': ['page'],
  draw: ['trace'],
  inspect: ['trace', 'page', 'local-server'],
  cli: ['trace', 'queue', 'metrics', 'page', 'local-server', 'draw', 'inspect'],
};
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

/** Gives the floors other than these, as patterns of forbidden imports. */
function allFloorsBut(...allowed) {
  return Object.keys(floors)
    .filter((floor) => !allowed.includes(floor))
    .map((floor) => ({
      regex: `^\\.{1,2}/(.*/)?${floor}(/|$)`,
      message: `This stands below lib/${floor}, or beside it.`,
    }));
}

// Their types come from packages of their own, which are not always there; their `npm test` runs tsc.
const notInstalled = ['examples/lease-service/', 'packages/web/', 'packages/sweep/'].filter(
  (folder) => !existsSync(`${folder}node_modules`),
);

export default defineConfig(
  {
    ignores: [
      ...notInstalled,
      'build/',
      'coverage/',
      '**/dist/',
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
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'describe'] }] },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      // Numbers and bigints read well in a message; objects don't.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    // Listeners of one line.
    files: ['packages/web/**/*.ts'],
    rules: {
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreVoidReturningFunctions: true }],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: nodeGlobals() },
    rules: { 'no-unused-vars': ['error', { varsIgnorePattern: '^_' }] },
  },
  // Parts of them run in a page.
  {
    files: ['packages/web/{test,measure}/**/*.mjs'],
    languageOptions: {
      globals: { document: 'readonly', requestAnimationFrame: 'readonly', window: 'readonly' },
    },
  },
  forbidImports(['lib/**/*.{ts,mts}'], [noApi, ...allFloorsBut(), noSelf]),
  ...Object.entries(floors).map(([floor, others]) =>
    // The declarations of these name the package, so that the allocator of a program is the one that they speak of.
    forbidImports(
      [`lib/${floor}/**/*.{ts,mts}`],
      [
        noApi,
        ...allFloorsBut(floor, ...others),
        ...(['queue', 'metrics', 'draw', 'inspect'].includes(floor) ? [] : [noSelf]),
      ],
    ),
  ),
  forbidImports(['{bench,tools}/**/*.mjs'], [noNeighbours]),
  prettier,
);

/** What Node gives to every file, as ESLint wants to hear it. */
function nodeGlobals() {
  return Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']));
}
