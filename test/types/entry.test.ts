// Node gets as `gpu-buddy` what TypeScript is told of it: lib/index.ts beside lib/api.ts.

import { expect, test } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import ts from 'typescript';
import type * as declared from '../../lib/api';
import * as given from '../../lib/index';

test('lib/index.ts gives what lib/api.ts declares, and nothing else', () => {
  // A class can't say that the result of `new GpuBuddy()` depends on its options.
  const entry: Omit<typeof declared, 'GpuBuddy'> = given;
  expectTypeOf<keyof typeof given>().toEqualTypeOf<keyof typeof declared>();
  expect(Object.keys(entry).sort()).toEqual(valuesIn('lib/api.ts'));
});

/** The names of the values that a module exports, as the compiler sees them. */
function valuesIn(file: string): string[] {
  const program = ts.createProgram([file], { skipLibCheck: true, module: ts.ModuleKind.NodeNext });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${file} is no module.`);
  return checker
    .getExportsOfModule(module)
    .filter((symbol) => {
      const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return (flags & ts.SymbolFlags.Value) !== 0;
    })
    .map(({ name }) => name)
    .sort();
}
