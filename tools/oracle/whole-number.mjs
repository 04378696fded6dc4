// A number on the command line.

import { OracleError } from './linux/oracle-error.mjs';

/** @param {string} option @param {string} text */
export function wholeNumber(option, text) {
  const number = Number(text.replaceAll(/[,_]/g, ''));
  if (text === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new OracleError(`${option} takes a whole number, not "${text}".`);
  }
  return number;
}
