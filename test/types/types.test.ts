// Compiles a user's project against the declarations that ship, and without @types/node.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { packageFolder } from '../support/built-package';

const project = join(__dirname, 'project');

/** The errors that a compiler finds in the project. */
function errorsOf(options: ts.CompilerOptions): string[] {
  const program = ts.createProgram(
    readdirSync(project).map((name) => join(project, name)),
    {
      strict: true,
      noEmit: true,
      types: [],
      skipLibCheck: false,
      // As if the package were installed: jest's moduleNameMapper leads to lib/.
      paths: {
        'gpu-buddy': [join(packageFolder, 'dist/index.d.ts')],
        'gpu-buddy/trace': [join(packageFolder, 'dist/trace/index.d.ts')],
        'gpu-buddy/queue': [join(packageFolder, 'dist/queue/index.d.ts')],
        'gpu-buddy/metrics': [join(packageFolder, 'dist/metrics/index.d.ts')],
        'gpu-buddy/draw': [join(packageFolder, 'dist/draw/index.d.ts')],
        'gpu-buddy/inspect': [join(packageFolder, 'dist/inspect/index.d.ts')],
      },
      ...options,
    },
  );
  return (
    ts
      .getPreEmitDiagnostics(program)
      // Its declarations speak of `console`, which only programs with Node's types or a browser's have.
      .filter(({ file }) => !file?.fileName.includes('/node_modules/@opentelemetry/'))
      .map(({ file, start, messageText }) => {
        const line = file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0;
        return `${file?.fileName ?? ''}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      })
  );
}

const { ModuleKind, ModuleResolutionKind, ScriptTarget } = ts;

describe('a project in TypeScript compiles, and its mistakes are found', () => {
  test.each([
    ['CommonJS', ModuleKind.Node16, ModuleResolutionKind.Node16],
    ['for a bundler', ModuleKind.ESNext, ModuleResolutionKind.Bundler],
  ])('%s', (_, module, moduleResolution) => {
    const options = { module, moduleResolution, target: ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'] };
    expect(errorsOf(options)).toEqual([]);
  });

  test('with the strictest options', () => {
    expect(
      errorsOf({
        module: ModuleKind.NodeNext,
        moduleResolution: ModuleResolutionKind.NodeNext,
        target: ScriptTarget.ESNext,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        isolatedModules: true,
        erasableSyntaxOnly: true,
      }),
    ).toEqual([]);
  });
});
