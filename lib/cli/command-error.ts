/** A command that cannot do what it is asked. Its message is all that the user is shown. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
