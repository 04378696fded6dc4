// The page over a running allocator: what it shows at the end is what the allocator holds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser, openPage, whyNot } from './support/browser.mjs';

const PROGRAM = fileURLToPath(new URL('support/inspected.mjs', import.meta.url));

test('the page follows 1,000 operations of four threads', { skip: whyNot }, async () => {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, 'exit');
  const browser = await openBrowser();
  try {
    const { page, complaints } = await openPage(browser, (await lines.next()).value);
    await page.waitForFunction(() => globalThis.gpuBuddyView?.state.sources[0].state === 'live');
    await page.waitForFunction(() => globalThis.gpuBuddyView?.state.shown?.blocks === 1);
    child.stdin.write('work\n');
    const expected = JSON.parse((await lines.next()).value);
    await page.waitForFunction(
      (count) =>
        globalThis.gpuBuddyView?.state.isSettled && globalThis.gpuBuddyView.state.shown?.blocks === count,
      expected.length,
    );
    const { blocks, state } = await page.evaluate(async () => ({
      blocks: ((await globalThis.gpuBuddyView?.blocks()) ?? []).map(
        ({ offset, order }) => `${offset}:${order}`,
      ),
      state: globalThis.gpuBuddyView?.state,
    }));
    assert.deepEqual(blocks, expected);
    assert.ok(state.sources[0].steps >= 1000, `${state.sources[0].steps} steps`);
    assert.ok(await page.locator('#follow').isChecked());
    child.stdin.write('end\n');
    await page.waitForFunction(() => globalThis.gpuBuddyView?.state.sources[0].state === 'broken');
    // The connection that ends is what the browser complains of.
    assert.deepEqual(
      complaints.filter((text) => !/Failed to load resource|net::ERR/.test(text)),
      [],
    );
    assert.equal((await exited)[0], 0);
  } finally {
    await browser.close();
    child.kill();
  }
});
