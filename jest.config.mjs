// How jest runs test/: TypeScript through swc (types are checked by `npm run lint`, not here), with the package's
// own name meaning lib/, so that tests and the examples in the docs import what a user imports.

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/lib', '<rootDir>/scripts', '<rootDir>/test', '<rootDir>/tools'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  moduleFileExtensions: ['ts', 'mts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: {
    '^gpu-buddy$': '<rootDir>/lib/index.ts',
    '^gpu-buddy/trace$': '<rootDir>/lib/trace/index.ts',
    '^gpu-buddy/queue$': '<rootDir>/lib/queue/index.ts',
    '^gpu-buddy/metrics$': '<rootDir>/lib/metrics/index.ts',
    '^gpu-buddy/inspect$': '<rootDir>/lib/inspect/index.ts',
    '^gpu-buddy/draw$': '<rootDir>/lib/draw/index.ts',
    // An ES module alone, which jest cannot load.
    '^pbf$': '<rootDir>/node_modules/pbf/dist/pbf-dev.js',
    // What import() names is a file of dist/.
    '^(\\.{1,2}/.+)\\.js$': '$1',
  },
  transform: {
    '\\.m?ts$': ['@swc/jest', swc('typescript')],
    '\\.mjs$': ['@swc/jest', swc('ecmascript')],
  },
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  injectGlobals: false,
  testSequencer: '<rootDir>/test/sequencer.mjs',
  maxWorkers: 2,
  // A busy machine is no fault of the code.
  testTimeout: 120_000,
};

/** ES2022 lowers `using`, which Node 20 doesn't know. @param {string} syntax */
function swc(syntax) {
  return {
    module: { type: 'commonjs' },
    jsc: { target: 'es2022', parser: { syntax } },
    sourceMaps: 'inline',
  };
}
