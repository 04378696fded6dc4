/** The command `schema`: prints the JSON schema of a specification, for editors. */
import { Specification } from '../plan/specification.js';
import { parseCommand, type Command } from './command.js';

const SCHEMA = {
  name: 'schema',
  operands: [],
  summary: 'Prints the JSON schema of a specification, for editors.',
  options: {},
} as const;

export const schema: Command = {
  spec: SCHEMA,
  run(args) {
    parseCommand(SCHEMA, args);
    const $schema = 'https://json-schema.org/draft/2020-12/schema';
    process.stdout.write(`${JSON.stringify({ $schema, ...Specification }, undefined, 2)}\n`);
    return Promise.resolve(0);
  },
};
