/** The specification of a sweep: the file that a user writes, and its schema. */
import { readFile } from 'node:fs/promises';
import { PLACEMENTS } from 'gpu-buddy/trace';
import { Type, type Static } from 'typebox';
import { reasonOf, SweepError } from '../sweep-error.js';
import { BYTE_SIZE_PATTERN } from './byte-size.js';
import { checkerOf } from './check.js';
import { MEASURES } from './measures.js';
import { RECORDED } from './words.js';

const strict = { additionalProperties: false };

export const FORMATS = ['rmm', 'rmm-2019', 'pytorch', 'aosp', 'vma'] as const;

const BYTES = [
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  Type.String({ pattern: BYTE_SIZE_PATTERN }),
] as const;

/** How the requests of a trace are read; the same in a specification and in a job. */
export const READING = {
  format: Type.Optional(
    Type.Enum([...FORMATS], { description: 'format of a recording; by default its first bytes tell' }),
  ),
  device: Type.Optional(Type.Integer({ minimum: 0, description: 'device of a recording, of several' })),
  on: Type.Optional(Type.Integer({ minimum: 0, description: 'allocator of a trace that records several' })),
  lenient: Type.Optional(Type.Boolean({ description: 'leave out lines with small mistakes' })),
};

export const Specification = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    traces: Type.Array(
      Type.Union([
        Type.String({ minLength: 1 }),
        Type.Object(
          {
            file: Type.String({ minLength: 1, description: 'path or glob, from the folder of this file on' }),
            name: Type.Optional(
              Type.String({ minLength: 1, description: 'name in the results; default: the path' }),
            ),
            ...READING,
          },
          strict,
        ),
      ]),
      { minItems: 1, description: 'traces, or recordings that gpu-buddy can import: paths or globs' },
    ),
    sizes: Type.Optional(
      Type.Array(Type.Union([...BYTES, Type.String({ pattern: '^[1-9][0-9]*%$' }), Type.Literal(RECORDED)]), {
        minItems: 1,
        description:
          'sizes of the space: bytes, 24G, a share of the peak such as 110%, or "recorded", the default',
      }),
    ),
    modes: Type.Optional(
      Type.Array(Type.Enum([...PLACEMENTS]), {
        minItems: 1,
        description: 'how blocks are chosen; default: simple',
      }),
    ),
    minBlockSizes: Type.Optional(
      Type.Array(Type.Union([...BYTES, Type.Literal(RECORDED)]), {
        minItems: 1,
        description: 'smallest block of every allocation; default: as recorded',
      }),
    ),
    chunkSize: Type.Optional(
      Type.Union([...BYTES, Type.Literal(RECORDED)], {
        description: 'unit of all sizes; default: as recorded',
      }),
    ),
    kernels: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description:
          'whose allocator: "built-in" for that of gpu-buddy, a series such as 6.12, or a release such as 6.12.117',
      }),
    ),
    shuffles: Type.Optional(
      Type.Object(
        {
          seeds: Type.Array(
            Type.Union([Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }), Type.Literal(RECORDED)]),
            { minItems: 1, description: 'orders of the requests: one a seed, or the recorded one' },
          ),
          window: Type.Optional(
            Type.Integer({
              minimum: 2,
              maximum: 65536,
              description: 'requests among which the next one is drawn; default: 32',
            }),
          ),
        },
        strict,
      ),
    ),
    measures: Type.Optional(
      Type.Array(Type.Enum([...MEASURES]), {
        description: 'what a line of results holds beside failures; default: all',
      }),
    ),
    byTime: Type.Optional(Type.Boolean({ description: 'weigh means by time, not by requests' })),
    stop: Type.Optional(
      Type.Object(
        {
          atFirstFit: Type.Optional(
            Type.Boolean({
              description:
                'try the sizes of a trace and policy in ascending order, up to the first that fits',
            }),
          ),
          failedJobs: Type.Optional(
            Type.Integer({ minimum: 1, description: 'end the sweep once as many jobs were set aside' }),
          ),
          seconds: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1_000_000,
              description: 'end a job that takes longer; it has failed',
            }),
          ),
        },
        strict,
      ),
    ),
    store: Type.Optional(
      Type.String({
        pattern: '^(redis|file:///.+|https?://.+)$',
        description:
          'where submit puts traces: "redis", the default, a shared folder (file:///…), or an S3-like URL',
      }),
    ),
  },
  strict,
);
export type Specification = Static<typeof Specification>;

const check = checkerOf(Specification, 'ERR_SWEEP_SPECIFICATION');

/** Reads a specification. @throws SweepError `ERR_SWEEP_SPECIFICATION` */
export async function readSpecification(file: string): Promise<Specification> {
  let data: unknown;
  try {
    data = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new SweepError('ERR_SWEEP_SPECIFICATION', `${file}: ${reasonOf(error)}`, error);
  }
  return check(data, file);
}
