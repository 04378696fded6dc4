/** Errors of the system as text. */
import { isNativeError } from 'node:util/types';

/** Why reading or writing failed, in the words of the system rather than of Node ("permission denied", not "EACCES: …"). */
export function systemReason(error: unknown): string {
  // Node's own errors are no instances of a vm context's Error.
  if (!isNativeError(error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') return 'the compressed data ends too early';
  if (code === 'Z_DATA_ERROR') return `the compressed data is damaged (${error.message})`;
  const [, text] = /^E[A-Z0-9]+: ([^,]+)/.exec(error.message) ?? [];
  return text ?? error.message;
}
