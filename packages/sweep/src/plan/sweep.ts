/** A sweep: a specification with its globs, sizes and hashes filled in. It is data, the same on every machine, and has an id by its content. */
import { createHash } from 'node:crypto';
import { PLACEMENTS } from 'gpu-buddy/trace';
import { Type, type Static } from 'typebox';
import { SweepError } from '../sweep-error.js';
import { checkerOf } from './check.js';
import { MEASURES } from './measures.js';
import { READING } from './specification.js';
import { RECORDED } from './words.js';

const strict = { additionalProperties: false };

const Bytes = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const BytesAsRecorded = Type.Union([Bytes, Type.Literal(RECORDED)]);
const Size = Type.Union([Bytes, Type.String({ pattern: '^[1-9][0-9]*%$' }), Type.Literal(RECORDED)]);
/** Bytes, a share of the peak in per cent, or `recorded`. */
export type Size = Static<typeof Size>;

const SweptTrace = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    /** SHA-256 of the file, in hexadecimal. */
    hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Size of the file. */
    bytes: Type.Integer({ minimum: 0 }),
    ...READING,
  },
  strict,
);
export type SweptTrace = Static<typeof SweptTrace>;

export const Sweep = Type.Object(
  {
    /** Version of gpu-buddy: whoever serves the sweep has the same one. */
    library: Type.String(),
    traces: Type.Array(SweptTrace, { minItems: 1 }),
    kernels: Type.Array(Type.String(), { minItems: 1 }),
    modes: Type.Array(Type.Enum([...PLACEMENTS]), { minItems: 1 }),
    minBlockSizes: Type.Array(BytesAsRecorded, { minItems: 1 }),
    sizes: Type.Array(Size, { minItems: 1 }),
    chunkSize: BytesAsRecorded,
    seeds: Type.Array(Type.Union([Type.Integer({ minimum: 0 }), Type.Literal(RECORDED)]), { minItems: 1 }),
    window: Type.Integer({ minimum: 2, maximum: 65536 }),
    measures: Type.Array(Type.Enum([...MEASURES])),
    byTime: Type.Boolean(),
    atFirstFit: Type.Boolean(),
    /** 0 for no limit, here and in `seconds`. */
    failedJobs: Type.Integer({ minimum: 0 }),
    seconds: Type.Integer({ minimum: 0 }),
    store: Type.String(),
  },
  strict,
);
export type Sweep = Static<typeof Sweep>;

const checkData = checkerOf(Sweep, 'ERR_SWEEP_REDIS');

/** Names a sweep by its content: the same specification and traces have the same id. */
export function idOf(sweep: Sweep): string {
  return createHash('sha256').update(JSON.stringify(sweep)).digest('hex').slice(0, 16);
}

/** Checks a sweep that somebody else has written. @throws SweepError `ERR_SWEEP_REDIS` */
export function checkSweep(data: unknown, id: string): Sweep {
  const sweep = checkData(data, `sweep ${id}`);
  if (idOf(sweep) !== id) throw new SweepError('ERR_SWEEP_REDIS', `sweep ${id} is not what its id says`);
  return sweep;
}
