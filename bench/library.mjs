/** The package as it is built: what a program that requires it gets. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** @type {typeof import('gpu-buddy')} */
const library = require('..');
/** @type {typeof import('gpu-buddy/trace')} */
const trace = require('../dist/trace/index.js');

export const { GpuBuddy } = library;
export const { TraceReplayer } = trace;
