// The README's first example, as the languages that Node and compilers take.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageRoot } from '../../linux/root.mjs';

const SAYS = `\nconsole.log('the example ran');\n`;

/** What a program prints that got to its end. */
export const RAN = 'the example ran';

/** An ES module, which is TypeScript as well. */
export function typescriptExample() {
  const [, code] =
    /^```js\n(.*?)^```/ms.exec(readFileSync(path.join(packageRoot, 'README.md'), 'utf8')) ?? [];
  if (!code?.includes("from 'gpu-buddy'")) throw new Error("the README's first example is not what it was");
  return code + SAYS;
}

/** @param {'CommonJS' | 'ESNext'} module @returns {string} */
export function javascriptExample(module) {
  const typescript = createRequire(path.join(packageRoot, 'package.json'))('typescript');
  const { outputText } = typescript.transpileModule(typescriptExample(), {
    compilerOptions: {
      module: typescript.ModuleKind[module],
      target: typescript.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  });
  return outputText;
}
