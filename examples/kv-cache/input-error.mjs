/** An error in what the user has given: its message says enough. */
export class InputError extends Error {}
