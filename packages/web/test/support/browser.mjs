// Finds browsers, and opens pages in a Chromium: the one in the variable CHROMIUM, else one of the system's.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';

/** Milliseconds that any wait may take: a busy machine is no fault of the page. */
export const PATIENCE = 120_000;

/**
 * Finds a browser: the path in the environment variable, else the first of the names in the system's path; `undefined` where there is none.
 * @param {string} variable
 * @param {readonly string[]} names
 */
export function findBrowser(variable, names) {
  const { [variable]: chosen } = process.env;
  if (chosen) return chosen;
  for (const name of names) {
    try {
      return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // The next one.
    }
  }
  return undefined;
}

const executablePath = findBrowser('CHROMIUM', ['chromium', 'chromium-browser', 'google-chrome']);

/** Says why tests are skipped, where there is no Chromium. */
export const whyNot = executablePath
  ? undefined
  : 'no Chromium: apt-get install chromium, or set CHROMIUM to its path';

/** Opens a browser without a window, which draws by software. */
export function openBrowser() {
  return chromium.launch({
    executablePath: executablePath ?? '',
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
  page.setDefaultTimeout(PATIENCE);
  const complaints = complaintsOf(page);
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/**
 * Keeps the errors and warnings of a page, from now on.
 * @param {{ on(event: string, listener: (said: any) => void): unknown }} page
 */
export function complaintsOf(page) {
  /** @type {string[]} */
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (/** @type {{ type(): string, text(): string }} */ message) => {
    // Playwright says `warning`, Puppeteer `warn`.
    if (/^(error|warn|warning)$/.test(message.type())) complaints.push(message.text());
  });
  return complaints;
}
