// The page of `gpu-buddy view` in a real Firefox: it opens, follows the slider, and is clicked on.
import { after, before, test } from 'node:test';
import { openFirefox, openInFirefox, whyNoFirefox } from './support/firefox.mjs';
import { clicksFindBlocks, followsReplay, MIXED, showsSomething, visit } from './support/page.mjs';

/** @type {import('puppeteer-core').Browser} */
let browser;

before(async () => {
  if (!whyNoFirefox) browser = await openFirefox();
});

after(() => browser?.close());

/** @param {string} name @param {(page: import('puppeteer-core').Page) => Promise<void>} use @param {string} [fragment] */
function testPage(name, use, fragment) {
  test(name, { skip: whyNoFirefox }, () =>
    visit((url) => openInFirefox(browser, url), [MIXED], use, fragment),
  );
}

testPage('Firefox opens a sample, and shows something', showsSomething);

testPage('the slider in Firefox shows the blocks that a replay has there', (page) => followsReplay(page, 20));

testPage(
  'a click in Firefox finds the block that is there, at three zoom levels',
  async (page) => {
    const canvas = await page.$('canvas[role=application]');
    await clicksFindBlocks(page, canvas, (offset) => canvas.click({ offset }));
  },
  '#line=9000',
);
