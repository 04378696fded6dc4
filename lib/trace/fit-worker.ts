/** The program of a thread of `fitWorkload()`: tries sizes, and tells of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { trySizes, type SizesToTry } from './policy/try-size';

for (const tried of trySizes(workerData as SizesToTry)) parentPort?.postMessage(tried);
