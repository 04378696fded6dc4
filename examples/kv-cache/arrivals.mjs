/** Makes requests and adapters that arrive at random, or reads requests from a CSV file. All times are seconds from the start. */
import { parse } from 'csv-parse/sync';
import { randomExponential, randomInt, randomLcg, randomLogNormal } from 'd3-random';
import { readFileSync } from 'node:fs';
import { InputError } from './input-error.mjs';
import { PAGE_SIZE } from './units.mjs';

/** @typedef {{ time: number, context: number, generated: number }} Request tokens of the prompt, and of the answer: at least one */
/** @typedef {{ time: number, size: number, seconds: number }} Adapter bytes, and how long it stays loaded */

/**
 * Makes requests that arrive independently of each other, `rate` a second on average (a Poisson process). The lengths of prompts and
 * answers are log-normal, as those of real traces nearly are: 1,000 and 200 tokens in the median.
 * @param {{ seed: number, rate: number, seconds: number }} options
 * @returns {Request[]}
 */
export function randomRequests({ seed, rate, seconds }) {
  const source = randomLcg(seed);
  const context = randomLogNormal.source(source)(Math.log(1000), 1);
  const generated = randomLogNormal.source(source)(Math.log(200), 1);
  return arrivalTimes(source, rate, seconds).map((time) => ({
    time,
    context: Math.ceil(context()),
    generated: Math.ceil(generated()),
  }));
}

/**
 * Makes adapters (LoRA weights), which must lie in one piece: 16 to 160 MiB, loaded for 30 seconds on average.
 * @param {{ seed: number, rate: number, seconds: number }} options
 * @returns {Adapter[]}
 */
export function randomAdapters({ seed, rate, seconds }) {
  const source = randomLcg(seed);
  const pages = randomInt.source(source)(8, 81);
  const stay = randomExponential.source(source)(1 / 30);
  return arrivalTimes(source, rate, seconds).map((time) => ({
    time,
    size: pages() * PAGE_SIZE,
    seconds: stay(),
  }));
}

/** @param {() => number} source @param {number} rate @param {number} seconds */
function arrivalTimes(source, rate, seconds) {
  const gap = randomExponential.source(source)(rate);
  const times = [];
  for (let time = gap(); time < seconds; time += gap()) times.push(time);
  return times;
}

/**
 * Reads requests from a CSV file with the columns TIMESTAMP, ContextTokens and GeneratedTokens, as in Azure's public traces. A time
 * without a zone is UTC. The first request arrives at 0. An answer of no tokens counts as one token.
 * @param {string} file
 * @param {number} [speed] how many times as fast as they were recorded they arrive
 * @returns {Request[]}
 * @throws {InputError} with the line of the file that is not understood
 */
export function readRequests(file, speed = 1) {
  const text = readFileSync(file, 'utf8');
  const rows = parse(text, { columns: true, bom: true, info: true, skip_empty_lines: true });
  const requests = rows.map(({ record, info }) => {
    /** @param {string} column @param {(cell: string) => number} read */
    const cell = (column, read) => {
      const value = read(record[column] ?? '');
      if (Number.isFinite(value)) return value;
      const what = column in record ? `is ${JSON.stringify(record[column])}` : 'is missing';
      throw new InputError(`${file}:${info.lines}: ${column} ${what}`);
    };
    return {
      time: cell('TIMESTAMP', readTime) / 1000 / speed,
      context: cell('ContextTokens', readTokens),
      generated: Math.max(1, cell('GeneratedTokens', readTokens)),
    };
  });
  requests.sort((a, b) => a.time - b.time);
  const start = requests[0]?.time ?? 0;
  return requests.map((request) => ({ ...request, time: request.time - start }));
}

/** @param {string} cell */
function readTime(cell) {
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(cell);
  return Date.parse(hasZone ? cell : `${cell.replace(' ', 'T')}Z`);
}

/** @param {string} cell */
function readTokens(cell) {
  return /^\d+$/.test(cell) ? Number(cell) : NaN;
}
