// The newest release of a package is found among all that the registry names.
import { expect, test } from '@jest/globals';
import { newestOf } from '../../scripts/release/install.mjs';

test.each([
  [['26.9.0', '26.12.1', '26.10.0', '24.30.0'], '26.12.1'],
  [['9.11.2', '27.0.0-rc.1', '26.0.0', '10.0.0'], '26.0.0'],
])('of %j it is %s', (versions, newest) => {
  expect(newestOf(versions)).toBe(newest);
});
