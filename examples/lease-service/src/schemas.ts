/** Schemas of requests and answers: checked by Fastify, and shown in /openapi.json. Sizes are bytes, times are milliseconds. */
import { Type, type Static } from 'typebox';
import type { Limits } from './config.ts';

const Bytes = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** Rejects unknown names. */
const strict = { additionalProperties: false };

const Block = Type.Object({
  offset: Type.Integer({ minimum: 0 }),
  size: Bytes,
  isClear: Type.Boolean({ description: 'Whether the memory was known to be zero when it was leased' }),
});

export const Lease = Type.Object({
  id: Id,
  tenant: Type.Optional(Type.String({ description: 'Told to the operator alone' })),
  size: Bytes,
  visibleSize: Type.Integer({ minimum: 0, description: 'Bytes that the CPU can see' }),
  blocks: Type.Array(Block),
  expiresAt: Type.String({ format: 'date-time' }),
});
export type Lease = Static<typeof Lease>;

export const LeasePage = Type.Object({
  leases: Type.Array(Lease),
  next: Type.Optional(Type.Integer({ description: '`after` of the next page, where there may be one' })),
});

export const ProblemBody = Type.Object({
  code: Type.String(),
  message: Type.String(),
  reason: Type.Optional(
    Type.String({ description: 'Why there is no room: limit, full, reserved, range, fragmented or queued' }),
  ),
});

export const Health = Type.Object({ status: Type.Literal('ok') });

export const InspectLink = Type.Object({
  path: Type.String({ description: 'To be opened in a browser, once, behind the address of the service' }),
});

export const LeaseId = Type.Object({ id: Id }, strict);

export const PageQuery = Type.Object(
  {
    after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  strict,
);

export const ReleaseQuery = Type.Object(
  { cleared: Type.Boolean({ default: false, description: 'Whether you have zeroed the memory' }) },
  strict,
);

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$' })),
});

/** The bodies of requests under these limits. */
export function bodiesFor({ maxTtl, maxWait }: Limits) {
  const ttl = Type.Integer({ minimum: 1, maximum: maxTtl });
  const wish = Type.Object(
    {
      size: Bytes,
      alignment: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'A power of two: no block is smaller, and each is aligned to it',
        }),
      ),
      contiguous: Type.Optional(Type.Boolean({ description: 'In one piece' })),
      visible: Type.Optional(Type.Boolean({ description: 'In the window that the CPU can see' })),
      clear: Type.Optional(Type.Boolean({ description: 'Rather memory that is known to be zero' })),
      ttl,
      wait: Type.Optional(
        Type.Integer({ minimum: 0, maximum: maxWait, description: 'How long to wait for room' }),
      ),
    },
    strict,
  );
  return { wish, renewal: Type.Object({ ttl }, strict) };
}
