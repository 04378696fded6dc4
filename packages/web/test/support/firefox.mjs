// Opens pages in a Firefox by WebDriver BiDi: the one in the variable FIREFOX, else one of the system's.
import { launch } from 'puppeteer-core';
import { complaintsOf, findBrowser, PATIENCE } from './browser.mjs';

const executablePath = findBrowser('FIREFOX', ['firefox-esr', 'firefox']);

/** Says why tests are skipped, where there is no Firefox. */
export const whyNoFirefox = executablePath
  ? undefined
  : 'no Firefox: apt-get install firefox-esr, or set FIREFOX to its path';

/** Starts a Firefox without a window. */
export function openFirefox() {
  return launch({
    browser: 'firefox',
    executablePath: executablePath ?? '',
    defaultViewport: { width: 1280, height: 800 },
    timeout: PATIENCE,
    protocolTimeout: PATIENCE,
  });
}

/**
 * Opens a page in a context of its own, which shares no cookie, and keeps what it complains of.
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 */
export async function openInFirefox(browser, url) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints = complaintsOf(page);
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}
