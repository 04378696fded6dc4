// The one kind of error a user is meant to read: shown as its message alone, without a stack.

export class FetchError extends Error {
  name = 'FetchError';
}

/**
 * What went wrong, in the words of the system rather than of Node ("permission denied", not "EACCES: …, open '…'").
 * @param {unknown} error
 * @returns {string}
 */
export function reason(error) {
  const { message, cause } = /** @type {Error} */ (error);
  const [, text = message] = /^[A-Z]+: ([^,]+)/.exec(message) ?? [];
  return cause instanceof Error ? `${text} (${reason(cause) || cause.name})` : text;
}
