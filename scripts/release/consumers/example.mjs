// The README's examples, as the languages that Node and compilers take.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageRoot } from '../../linux/root.mjs';

const SAYS = `\nconsole.log('the example ran');\n`;

/** What a program prints that got to its end. */
export const RAN = 'the example ran';
/** What two of them print. */
export const TWICE = new RegExp(`${RAN}\n[^]*${RAN}\n$`);

/** The README's examples, each an ES module, which is TypeScript as well. */
export function readmeExamples() {
  const examples = [
    ...readFileSync(path.join(packageRoot, 'README.md'), 'utf8').matchAll(/^```js\n(.*?)^```/gms),
  ].map(([, code]) => code);
  if (!examples[0]?.includes("from 'gpu-buddy'"))
    throw new Error("the README's first example is not what it was");
  return examples.map((code) => code + SAYS);
}

/** The README's first example. */
export function typescriptExample() {
  return readmeExamples()[0];
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
