/** `using` as Node has it, or, where it does not know it yet, as TypeScript writes it for older engines. */

const SOURCE = `
export function allocateUsing(buddy, size, count) {
  for (let i = 0; i < count; i++) {
    using blocks = buddy.allocBlocks(size);
  }
}
`;

function isKnown() {
  try {
    new Function('{ using nothing = null; }');
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<(buddy: import('gpu-buddy').GpuBuddy, size: number, count: number) => void>} */
export async function compileUsing() {
  const code = isKnown() ? SOURCE : await lower(SOURCE);
  const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return module.allocateUsing;
}

/** @param {string} source */
async function lower(source) {
  const { default: typescript } = await import('typescript');
  const { ScriptTarget, ModuleKind } = typescript;
  return typescript.transpile(source, { target: ScriptTarget.ES2022, module: ModuleKind.ESNext });
}
