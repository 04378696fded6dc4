/** A line of results: what a job has found, without times and places, so that it is the same wherever the job ran. */
import { Type, type Static } from 'typebox';
import { PLACEMENTS } from 'gpu-buddy/trace';
import { checkerOf } from '../plan/check.js';
import { MEASURES, type Measure } from '../plan/measures.js';

const Spread = Type.Object({ mean: Type.Number(), worst: Type.Number() });
const NUMBERS = Type.Union([Type.Number(), Type.Null()]);

/** How each measure looks in a line. `null` where there is nothing to measure. */
const MEASURED = Object.fromEntries(
  MEASURES.map((measure) => [measure, Type.Optional(schemaOf(measure))]),
) as Record<Measure, ReturnType<typeof Type.Optional<ReturnType<typeof schemaOf>>>>;

function schemaOf(measure: Measure) {
  if (measure === 'firstFailure')
    return Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]);
  return measure.endsWith('Fragmentation') ? Spread : NUMBERS;
}

const RowSchema = Type.Object(
  {
    key: Type.String({ pattern: '^[0-9a-f]{24}$' }),
    trace: Type.String(),
    kernel: Type.String(),
    mode: Type.Enum([...PLACEMENTS]),
    /** Bytes, or `recorded`. */
    minBlockSize: Type.Union([Type.Integer(), Type.String()]),
    chunkSize: Type.Integer(),
    /** The size as the specification has it. */
    asked: Type.Union([Type.Integer(), Type.String()]),
    /** Bytes of the space. */
    size: Type.Integer(),
    seed: Type.Union([Type.Integer(), Type.String()]),
    /** Sizes that were tried up to this one, with `atFirstFit`. */
    tried: Type.Optional(Type.Integer()),
    /** Allocations for which there was no space. */
    failures: Type.Integer({ minimum: 0 }),
    ...MEASURED,
  },
  { additionalProperties: false },
);
export type Row = Static<typeof RowSchema>;

/** Checks a line that was read from somewhere. @throws SweepError `ERR_SWEEP_RESULTS` */
export const checkRow = checkerOf(RowSchema, 'ERR_SWEEP_RESULTS');
