#!/usr/bin/env node
/** The program `gpu-buddy`: gives the process to run(). */
import { run } from './run';

void run(process.argv.slice(2), process).then((status) => {
  process.exitCode = status;
});
