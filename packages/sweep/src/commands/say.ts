/** Writes a message to standard error. */
export function say(message: string): void {
  process.stderr.write(`gpu-buddy-sweep: ${message}\n`);
}
