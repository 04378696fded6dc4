// The kind of error that a user is meant to read: shown as its message alone, without a stack.

export class OracleError extends Error {
  name = 'OracleError';
}
