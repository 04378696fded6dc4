/** The command line of `gpu-buddy doctor`. */
import { HELP, type CommandSpec } from './command-spec';

export const DOCTOR = {
  name: 'doctor',
  operands: '',
  summary: 'show versions and the addon that is loaded, and test it',
  about: `Prints the versions, which addon was loaded and how it was built, the kernel's version and the SHA-256
of the buddy.c in it, what this Node has to offer, and the result of a test of the addon.`,
  options: { help: HELP },
  notes: 'Exit status: 0, 1 where the test fails, 2 where no addon loads.',
} as const satisfies CommandSpec;
