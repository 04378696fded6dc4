/** A command line that means nothing. Its message is all that the user is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
