/** How a measuring process tells its parent what it has found. @param {unknown} result */
export function report(result) {
  if (process.send) process.send(result);
  else console.log(JSON.stringify(result, null, 2));
  process.disconnect?.();
}
