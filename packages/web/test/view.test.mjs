// The page of `gpu-buddy view` in a real Chromium, over recordings of this repository.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser, openPage, whyNot } from './support/browser.mjs';
import {
  blocksOf,
  clicksFindBlocks,
  followsReplay,
  MIXED,
  settled,
  showsSomething,
  slideTo,
  stateOf,
  visit as visitPage,
} from './support/page.mjs';
import { blocksByReplay } from './support/replay.mjs';
import { LABELS, samples } from './support/samples.mjs';
import { root } from './support/view.mjs';

const BIG = path.join(root, 'examples/traces/big-1.trace.gz');

const folder = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-web-'));

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  if (!whyNot) browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/**
 * A test of a page: starts the command, and opens the link.
 * @param {string} name
 * @param {string[]} args
 * @param {(page: import('playwright-core').Page) => Promise<void>} use
 * @param {{ fragment?: string, context?: import('playwright-core').BrowserContextOptions }} [options]
 */
function testPage(name, args, use, { fragment = '', context } = {}) {
  test(name, { skip: whyNot }, () => visit(args, use, fragment, context));
}

/**
 * @param {string[]} args
 * @param {(page: import('playwright-core').Page) => Promise<void>} use
 * @param {string} [fragment]
 * @param {import('playwright-core').BrowserContextOptions} [context]
 */
function visit(args, use, fragment, context) {
  return visitPage((url) => openPage(browser, url, context), args, use, fragment);
}

test('each sample opens, and shows something', { skip: whyNot }, async (context) => {
  for (const [name, args] of Object.entries(await samples(folder)))
    await context.test(name, () => visit(args, showsSomething));
});

testPage('the slider at a line shows the blocks that a replay has there', [MIXED], (page) =>
  followsReplay(page, 200),
);

testPage(
  'a click finds the block that is there, at three zoom levels',
  [MIXED],
  async (page) => {
    const canvas = page.locator('canvas[role=application]');
    await clicksFindBlocks(page, canvas, (position) => canvas.click({ position }));
  },
  { fragment: '#line=9000' },
);

testPage('two recordings stand side by side, with one clock', [MIXED, BIG], async (page) => {
  assert.equal(await page.locator('canvas[role=application]').count(), 2);
  for (const line of [100, 2500, 4990]) {
    await slideTo(page, line);
    for (const [source, file] of [MIXED, BIG].entries())
      assert.deepEqual(await blocksOf(page, source), (await blocksByReplay(file, [line]))[0]);
  }
});

testPage(
  'one recording stands beside itself under another policy',
  ['--mode', 'simple,contiguous', MIXED],
  async (page) => {
    /** @type {typeof import('gpu-buddy/trace')} */
    const { measurePolicy, openTrace, readWorkloads } = createRequire(import.meta.url)(
      path.join(root, 'dist/trace/index.js'),
    );
    const [workload] = await readWorkloads(await openTrace(MIXED));
    const { sources } = await stateOf(page);
    const modes = /** @type {const} */ (['simple', 'contiguous']);
    assert.deepEqual(
      sources.map(({ failures, maxUsed }) => ({ failures, maxUsed })),
      modes.map((mode) => {
        const { failures, probes, probesThatFit, peak } = measurePolicy(workload, { mode });
        return { failures: failures + probes - probesThatFit, maxUsed: peak };
      }),
    );
    assert.match(String(sources[1].name), /contiguous/);
  },
);

testPage(
  'everything is done by keys alone',
  [MIXED],
  async (page) => {
    const active = () => page.evaluate(() => document.activeElement?.id ?? '');
    /** @param {string} id */
    const tabTo = async (id) => {
      for (let press = 0; press < 40 && (await active()) !== id; press++) await page.keyboard.press('Tab');
      assert.equal(await active(), id);
    };
    /** @param {string} key */
    const press = async (key) => {
      await page.keyboard.press(key);
      await settled(page);
      return stateOf(page);
    };
    await tabTo('slider');
    assert.equal((await press('ArrowRight')).clock.value, 5001);
    await tabTo('map-0');
    const blocks = await blocksOf(page);
    const offsets = blocks.map((block) => Number(block.split(':')[0]));
    assert.equal((await press('Home')).selected, offsets[0]);
    assert.equal((await press('ArrowRight')).selected, offsets[1]);
    assert.equal((await press('End')).selected, offsets.at(-1));
    assert.equal((await press('ArrowLeft')).selected, offsets.at(-2));
    const whole = (await stateOf(page)).shown.extent;
    const near = (await press('+')).shown.extent;
    assert.equal(near.length, whole.length / 2);
    assert.ok((await press('ArrowUp')).shown.extent.start <= near.start);
    assert.deepEqual((await press('0')).shown.extent, whole);
    assert.equal((await press('c')).colouring, 'age');
    const { failure } = await page.evaluate(async () => ({
      failure: await globalThis.gpuBuddyView?.sources[0].client.ask('failure', {
        clock: { unit: 'line', value: 5001 },
        isBack: false,
      }),
    }));
    assert.equal((await press('f')).clock.value, failure?.line);
    assert.match(String(await page.locator('.map .failure').textContent()), /failed here/);
    const stepped = (await press('.')).clock.value;
    assert.equal((await press(',')).clock.value, failure?.line);
    assert.ok(stepped > Number(failure?.line));
    await page.keyboard.press('Space');
    await page.waitForFunction((line) => Number(globalThis.gpuBuddyView?.state.clock.value) > line, stepped);
    await page.keyboard.press('Space');
    assert.equal((await stateOf(page)).isPlaying, false);
    await page.keyboard.press('?');
    assert.ok(await page.locator('#keys').isVisible());
    await page.keyboard.press('Escape');
    assert.ok(!(await page.locator('#keys').isVisible()));
    await press('Home');
    const grid = page.locator('[role=grid]');
    await grid.focus();
    const selected = Number((await stateOf(page)).selected);
    assert.ok(Number((await press('ArrowDown')).selected) > selected);
    assert.equal(await page.locator('[role=row][aria-selected=true]').count(), 1);
  },
  { fragment: '#line=5000' },
);

testPage(
  'a link leads to what it was made of',
  [MIXED],
  async (page) => {
    const { clock, shown, colouring, selected } = await stateOf(page);
    assert.deepEqual(
      { clock, extent: shown.extent, colouring, selected },
      {
        clock: { unit: 'line', value: 7000 },
        extent: { start: 0x40000000, length: 0x20000000 },
        colouring: 'size',
        selected: 0x40000000,
      },
    );
    await slideTo(page, 7001);
    assert.match(page.url(), /#line=7001&from=0x40000000&bytes=0x20000000&colour=size&at=0x/);
  },
  { fragment: '#line=7000&from=0x40000000&bytes=0x20000000&colour=size&at=0x40000000' },
);

test('labels are text, whatever they say', { skip: whyNot }, async () => {
  const { 'labels.trace': args = [] } = await samples(folder);
  await visit(
    args,
    async (page) => {
      const cells = await page
        .locator('[role=grid] .body [role=row] [role=gridcell]:last-child')
        .allTextContents();
      assert.deepEqual([...cells].sort(), [...LABELS].sort());
      assert.equal(await page.evaluate(() => 'isHacked' in globalThis), false);
      assert.equal(await page.locator('main script, main img').count(), 0);
      assert.equal(await page.locator('#legend .kind').count(), LABELS.length);
    },
    '#line=5&colour=label',
  );
});

for (const [name, context] of /** @type {const} */ ([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['small', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
]))
  testPage(
    `axe-core finds no violation: ${name}`,
    [MIXED],
    async (page) => {
      await page.locator('canvas[role=application]').click();
      await settled(page);
      const file = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
      await page.evaluate(readFileSync(file, 'utf8'));
      const violations = await page.evaluate(async () => {
        const { axe } = /** @type {{ axe: typeof import('axe-core') }} */ (
          /** @type {unknown} */ (globalThis)
        );
        return (await axe.run()).violations.map(({ id, nodes }) => ({
          id,
          nodes: nodes.map(({ html }) => html),
        }));
      });
      assert.deepEqual(violations, []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
    },
    { context },
  );
