// Runs a measurement in this process, and sends its result to the process that has started it: NAME [ARGUMENT]..., as JSON.
const [name, ...args] = process.argv.slice(2).map((text) => JSON.parse(text));
const { measure } = await import(`./${name}.mjs`);
process.send?.(await measure(...args));
process.disconnect?.();
