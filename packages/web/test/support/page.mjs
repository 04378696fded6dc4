// Opens the page of `gpu-buddy view` and asks it what it shows, in any browser: what Chromium's tests and Firefox's share.
import assert from 'node:assert/strict';
import path from 'node:path';
import { blocksByReplay } from './replay.mjs';
import { root, startView } from './view.mjs';

export const MIXED = path.join(root, 'examples/traces/mixedmed-1.trace.gz');
const LINES_OF_MIXED = 20_001;

/**
 * A page, as far as Playwright's and Puppeteer's are alike.
 * @typedef {object} AnyPage
 * @property {<R>(ask: (argument?: number) => R | Promise<R>, argument?: number) => Promise<R>} evaluate
 * @property {(isTrue: () => unknown) => Promise<unknown>} waitForFunction
 * @property {(selector: string) => { fill(value: string): Promise<void> }} locator
 */

/**
 * Runs `gpu-buddy view`, opens its link, and uses the page once all of the recording is there. The page may complain of nothing.
 * @template {AnyPage} P
 * @param {(url: string) => Promise<{ page: P, complaints: readonly string[], close(): Promise<void> }>} open
 * @param {string[]} args
 * @param {(page: P) => Promise<void>} use
 * @param {string} [fragment]
 */
export async function visit(open, args, use, fragment = '') {
  const view = await startView(args);
  try {
    const { page, complaints, close } = await open(`${view.link}${fragment}`);
    await page.waitForFunction(() =>
      globalThis.gpuBuddyView?.state.sources.every(({ state }) => state === 'complete'),
    );
    await settled(page);
    await use(page);
    assert.deepEqual(complaints, []);
    await close();
  } finally {
    const { status } = await view.stop();
    assert.equal(status, 0);
  }
}

/** Waits until all that is wanted is drawn. @param {AnyPage} page */
export function settled(page) {
  return page.waitForFunction(() => globalThis.gpuBuddyView?.state.isSettled);
}

/** @param {AnyPage} page */
export function stateOf(page) {
  return page.evaluate(() => /** @type {NonNullable<typeof gpuBuddyView>} */ (globalThis.gpuBuddyView).state);
}

/** Gives the blocks that a map shows: `OFFSET:ORDER`. @param {AnyPage} page @param {number} [source] */
export function blocksOf(page, source = 0) {
  return page.evaluate(
    async (index) =>
      ((await globalThis.gpuBuddyView?.blocks(index)) ?? []).map(({ offset, order }) => `${offset}:${order}`),
    source,
  );
}

/** Moves the slider. @param {AnyPage} page @param {number} line */
export async function slideTo(page, line) {
  await page.locator('#slider').fill(String(line));
  await settled(page);
}

/** Checks that the page has steps and blocks. @param {AnyPage} page */
export async function showsSomething(page) {
  const { sources, shown } = await stateOf(page);
  assert.ok(sources[0].steps > 2);
  assert.ok(shown.blocks > 0 && shown.used > 0 && shown.size >= shown.used);
}

/** Compares the blocks of the page with a replay's, at some lines of MIXED. @param {AnyPage} page @param {number} count */
export async function followsReplay(page, count) {
  const lines = someLines(count, LINES_OF_MIXED);
  const expected = await blocksByReplay(MIXED, lines);
  for (const [index, line] of lines.entries()) {
    await slideTo(page, line);
    assert.deepEqual([line, await blocksOf(page)], [line, expected[index]]);
    assert.equal((await stateOf(page)).shown.blocks, expected[index].length);
  }
}

/** Picks lines of a recording, always the same ones. @param {number} count @param {number} last */
function someLines(count, last) {
  let seed = 20_26;
  const next = () => (seed = (seed * 48_271) % 2_147_483_647);
  return Array.from({ length: count }, () => 1 + (next() % last)).sort((a, b) => a - b);
}

/**
 * Clicks on some 15 of the blocks in sight, at three zoom levels: each is selected then.
 * @param {AnyPage} page
 * @param {{ press(key: '+'): Promise<void>, boundingBox(): Promise<{ width: number, height: number } | null> }} canvas the map
 * @param {(position: { x: number, y: number }) => Promise<void>} click clicks on the map
 */
export async function clicksFindBlocks(page, canvas, click) {
  for (const presses of [0, 4, 8]) {
    for (let press = 0; press < presses; press++) await canvas.press('+');
    await settled(page);
    const { extent, cells } = (await stateOf(page)).shown;
    const blocks = await page.evaluate(() => globalThis.gpuBuddyView?.blocks() ?? []);
    const inSight = blocks.filter(
      ({ offset, size }) => offset >= extent.start && offset + size <= extent.start + extent.length,
    );
    assert.ok(inSight.length > 0, `no block in sight after ${presses} presses`);
    const { width, height } = await canvas.boundingBox();
    const step = Math.ceil(inSight.length / 15);
    for (const { offset, size } of inSight.filter((_, index) => index % step === 0)) {
      const cell = Math.floor(
        ((offset + size / 2 - extent.start) / extent.length) * cells.columns * cells.rows,
      );
      await click({
        x: (((cell % cells.columns) + 0.5) / cells.columns) * width,
        y: ((Math.floor(cell / cells.columns) + 0.5) / cells.rows) * height,
      });
      await settled(page);
      assert.equal((await stateOf(page)).selected, offset);
    }
  }
}
