/** Finds something that computes: a GPU, or SwiftShader, which computes on the processor. */
import { existsSync } from 'node:fs';

/** SwiftShader's description for Vulkan's loader, where Debian's package chromium-common has it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Dawn's instance. It is held here, since the promises of its devices settle only while it lives. */
let gpu;

/** An error whose message tells what to install. */
export class NoAdapterError extends Error {}

/**
 * Gives the system's own adapter, or else SwiftShader's. Makes WebGPU's constants global, as they are in a browser.
 * @returns {Promise<GPUAdapter>}
 * @throws {NoAdapterError}
 */
export async function findAdapter() {
  const { create, globals } = await import('webgpu').catch((error) => {
    throw new NoAdapterError(`The package webgpu has no binary that loads here: ${error.message}`);
  });
  Object.assign(globalThis, globals);
  gpu = create([]);
  let adapter = await gpu.requestAdapter();
  if (!adapter && existsSync(SWIFTSHADER)) {
    // Each new instance has Vulkan's loader read it anew.
    process.env.VK_DRIVER_FILES ??= SWIFTSHADER;
    gpu = create([]);
    adapter = await gpu.requestAdapter();
  }
  if (adapter) return adapter;
  throw new NoAdapterError(
    'There is no WebGPU adapter: no GPU with a driver that Dawn takes, and no SwiftShader. Debian has SwiftShader: ' +
      '`apt-get install --no-install-recommends chromium-common libvulkan1`',
  );
}
