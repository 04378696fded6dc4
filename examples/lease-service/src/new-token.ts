/** `npm run token -- NAME`: prints a new token, and the hash of it that belongs in `config.json`. */
import process from 'node:process';
import { NAME, newToken } from './tokens.ts';

const [name] = process.argv.slice(2);
if (name === undefined || !new RegExp(`^${NAME}$`).test(name)) {
  console.error('Usage: npm run token -- NAME (a to z, 0 to 9, -)');
  process.exit(2);
}
const { token, hash } = newToken(name);
console.log(`Token:      ${token}\ntokenHash:  ${hash}`);
