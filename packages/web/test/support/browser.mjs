// Finds a Chromium and opens pages in it: the one in the variable CHROMIUM, else one of the system's.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';

/** Milliseconds that any wait may take. */
const PATIENCE = 120_000;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The path of a Chromium; `undefined` where there is none. */
export function findChromium() {
  const { CHROMIUM } = process.env;
  if (CHROMIUM) return CHROMIUM;
  for (const name of NAMES) {
    try {
      return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** Says why tests are skipped, where there is no Chromium. */
export const whyNot = findChromium()
  ? undefined
  : 'no Chromium: apt-get install chromium, or set CHROMIUM to its path';

/** Opens a browser without a window, which draws by software. */
export function openBrowser() {
  return chromium.launch({
    executablePath: findChromium() ?? '',
    // A container has no user namespaces for its sandbox.
    chromiumSandbox: false,
    args: ['--disable-gpu', '--enable-precise-memory-info'],
  });
}

/**
 * Opens a page, and keeps what it complains of.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openPage(browser, url, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  // A busy machine is no fault of the page.
  page.setDefaultTimeout(PATIENCE);
  /** @type {string[]} */
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}
