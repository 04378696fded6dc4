// Measures the page in a Chromium without a window, which draws by software:
//
//   node measure/main.mjs [FOLDER]      1,000,000 operations with 100,000 live blocks; a PyTorch snapshot of 1 GB
//
// `npm run build -- web` comes first. FOLDER keeps the recordings for the next time.
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeSnapshot } from '../../../tools/import/snapshot.mjs';
import { openBrowser, openPage } from '../test/support/browser.mjs';
import { startView } from '../test/support/view.mjs';

const OPERATIONS = 1_000_000;
const LIVE = 100_000;
const SNAPSHOT_SIZE = 1e9;
const SEEKS = 50;
const PLAY_SECONDS = 5;
/** Milliseconds that reading may take. */
const PATIENCE = 600_000;

/** Writes allocations and frees of random lists. @param {string} file */
function writeTrace(file) {
  let seed = 7;
  const random = (/** @type {number} */ below) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const sizes = [0x1000, 0x1000, 0x2000, 0x4000, 0x10000];
  const fd = openSync(file, 'w');
  /** @type {number[]} */
  const live = [];
  let lines = ['gpu-buddy-trace 2', 'buddy.new 0x100000000 0x1000'];
  for (let index = 0, id = 0; index < OPERATIONS; index++) {
    if (live.length < LIVE) {
      lines.push(
        `buddy.alloc ${id} ${sizes[random(sizes.length)]} label="kind ${id % 37}" time=${index * 1000}`,
      );
      live.push(id++);
    } else {
      const place = random(LIVE);
      lines.push(`blocks.free ${live[place]}`);
      live[place] = live[LIVE - 1];
      live.pop();
    }
    if (lines.length < 10_000) continue;
    writeSync(fd, `${lines.join('\n')}\n`);
    lines = [];
  }
  writeSync(fd, lines.map((line) => `${line}\n`).join(''));
  closeSync(fd);
}

/** Proportional set size of the browser's renderers, in MB. @param {number} root a process */
function rendererPss(root) {
  let bytes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      if (!command.includes('--type=renderer') || !isBelow(pid, root)) continue;
      const [, pss = '0'] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? [];
      bytes = Math.max(bytes, 1024 * Number(pss));
    } catch {
      // It has ended.
    }
  }
  return bytes / 1e6;
}

/** @param {string} pid @param {number} root */
function isBelow(pid, root) {
  for (let at = Number(pid); at > 1;) {
    if (at === root) return true;
    at = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${at}/status`, 'latin1'))?.[1] ?? 0);
  }
  return false;
}

/** @param {number[]} values */
function spreadText(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(0);
  return `median ${at(0.5)} ms, 95 % below ${at(0.95)} ms, at most ${at(1)} ms`;
}

/** @param {string} name @param {string[]} args */
async function measure(name, args) {
  const start = performance.now();
  const view = await startView(args);
  const browser = await openBrowser();
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, rendererPss(process.pid))), 200);
  try {
    const opening = performance.now();
    const { page } = await openPage(browser, view.link);
    await page.waitForFunction(() => (globalThis.gpuBuddyView?.state.shown?.blocks ?? 0) > 0, undefined, {
      timeout: PATIENCE,
    });
    const first = performance.now();
    await page.waitForFunction(
      () =>
        globalThis.gpuBuddyView?.state.sources[0].state === 'complete' &&
        globalThis.gpuBuddyView.state.isSettled,
      undefined,
      { timeout: PATIENCE },
    );
    const whole = performance.now();
    console.log(
      `${name}: first picture ${(first - opening).toFixed(0)} ms, all of it ${(whole - opening).toFixed(0)} ms after the link was opened (${((whole - start) / 1000).toFixed(1)} s after the command began)`,
    );
    const times = await page.evaluate(async (count) => {
      const view = globalThis.gpuBuddyView;
      const taken = [];
      const slider = /** @type {HTMLInputElement} */ (document.querySelector('#slider'));
      for (let seek = 0; seek < count; seek++) {
        const begun = performance.now();
        const frames = view.state.sources[0].frames;
        slider.value = String(Math.floor((((seek * 7919) % count) / count) * Number(slider.max)));
        slider.dispatchEvent(new Event('input'));
        while (view.state.sources[0].frames === frames)
          await new Promise((resolve) => requestAnimationFrame(resolve));
        taken.push(performance.now() - begun);
      }
      return taken;
    }, SEEKS);
    console.log(`${name}: seeking to a picture: ${spreadText(times)}`);
    const played = await page.evaluate(async (seconds) => {
      const view = globalThis.gpuBuddyView;
      view.togglePlay();
      const frames = view.state.sources[0].frames;
      const begun = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      const rate = (view.state.sources[0].frames - frames) / ((performance.now() - begun) / 1000);
      view.togglePlay();
      return { rate, blocks: view.state.shown.blocks };
    }, PLAY_SECONDS);
    console.log(`${name}: plays ${played.rate.toFixed(1)} pictures a second, with ${played.blocks} blocks`);
    console.log(
      `${name}: the renderer's PSS is ${rendererPss(process.pid).toFixed(0)} MB, at most ${Math.max(peak, 0).toFixed(0)} MB`,
    );
  } finally {
    clearInterval(watch);
    await browser.close();
    await view.stop();
  }
}

const given = process.argv[2];
const folder = given ?? mkdtempSync(path.join(tmpdir(), 'gpu-buddy-web-'));
try {
  const trace = path.join(folder, 'million.trace');
  const snapshot = path.join(folder, 'snapshot.pickle');
  if (!existsSync(trace)) writeTrace(trace);
  await measure('1,000,000 operations', [trace]);
  if (!existsSync(snapshot)) writeSnapshot(snapshot, SNAPSHOT_SIZE);
  await measure('snapshot of 1 GB', ['--size', '80G', snapshot]);
} finally {
  if (given === undefined) rmSync(folder, { recursive: true });
}
