/** Ends loops over the methods by SIGINT in a REPL, as Ctrl-C does. */
import { once } from 'node:events';
import { start } from 'node:repl';
import { PassThrough } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { randomNumbers } from '../support/random.cjs';
import { interruptLoops } from './timeouts.mjs';

/** @typedef {import('./world.mjs').Scenario} Scenario */

const LONGEST_WAIT = 5;
const PROMPT = 'next> ';

/** The main thread is busy: another one sends the signal. */
const SENDER = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (milliseconds) => setTimeout(() => process.kill(process.pid, 'SIGINT'), milliseconds));
`;

/**
 * @param {import('./library.mjs').Library} library @param {readonly Scenario[]} scenarios
 * @param {{ count: number, seed: number }} options `count`: signals
 */
export async function sigint(library, scenarios, options) {
  const random = randomNumbers(options.seed);
  const sender = new Worker(SENDER, { eval: true });
  await once(sender, 'online');
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  const server = start({ input, output, terminal: false, prompt: PROMPT, breakEvalOnSigint: true });
  try {
    return await interruptLoops(library, scenarios, options, 'SIGINT', async (loop) => {
      const milliseconds = 1 + (random() % LONGEST_WAIT);
      server.context['loop'] = () => {
        // From here on the REPL waits for the signal, which would end the process otherwise.
        sender.postMessage(milliseconds);
        loop();
      };
      input.write('loop()\n');
      const answer = await textBefore(output, PROMPT);
      if (!answer.includes('interrupted')) throw new Error(answer);
    });
  } finally {
    server.close();
    await sender.terminate();
  }
}

/** @param {PassThrough} stream @param {string} end @returns {Promise<string>} */
async function textBefore(stream, end) {
  let text = '';
  while (!text.includes(end) || text === end) {
    const chunk = stream.read();
    if (chunk === null) await once(stream, 'readable');
    else text += chunk;
    // The prompt that was there before.
    if (text.startsWith(end)) text = text.slice(end.length);
  }
  return text;
}
