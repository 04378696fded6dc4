// Progress on standard error: a bar on a terminal, one plain line elsewhere.

/** @typedef {{ update: (fraction: number) => void, done: () => void }} Progress */

/**
 * @param {string} label
 * @returns {Promise<Progress>}
 */
export async function progress(label) {
  if (!process.stderr.isTTY) {
    console.error(`${label} …`);
    return { update() {}, done() {} };
  }
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar(
    { format: `${label} {bar} {percentage} %` },
    cliProgress.Presets.shades_classic,
  );
  bar.start(100, 0);
  return {
    update: (fraction) => bar.update(Math.min(100, Math.floor(fraction * 100))),
    done: () => bar.stop(),
  };
}
