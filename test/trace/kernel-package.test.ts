// kernelPackage(): finds the package of a kernel's allocator, or says how to get it.
import { describe, expect, test } from '@jest/globals';
import { kernelVersion } from 'gpu-buddy';
import { kernelPackage } from 'gpu-buddy/trace';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seriesOf } from '../../lib/addon/series';

const series = seriesOf(kernelVersion);

test.each([series, kernelVersion])('finds this package by %s', (kernel) => {
  const { name, folder, linux } = kernelPackage(kernel);
  expect([name, linux]).toEqual(['gpu-buddy', kernelVersion]);
  expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({ name });
});

describe('refuses', () => {
  test.each([
    [
      'a series that is not here',
      '9.9',
      'ERR_GPU_BUDDY_NO_BINARY',
      /@gpu-buddy\/linux-9\.9 .*[^]*build --kernel 9\.9$/,
    ],
    [
      'another release of a series',
      `${series}.999`,
      'ERR_GPU_BUDDY_NO_BINARY',
      `Linux ${series}.999 that runs here: gpu-buddy has that of Linux ${kernelVersion}`,
    ],
    [
      'a path',
      '../../x',
      'ERR_INVALID_ARG_VALUE',
      /"kernel" argument must have the form of a series or a release/,
    ],
    [
      'a number',
      6.12 as unknown as string,
      'ERR_INVALID_ARG_TYPE',
      /"kernel" argument must be of type string/,
    ],
  ])('%s', (_, kernel, code, text) => {
    expect(() => kernelPackage(kernel)).toThrow(expect.objectContaining({ code }));
    expect(() => kernelPackage(kernel)).toThrow(text);
  });
});
