/** All ways there are. */
import { Api } from './api.mjs';
import { Batch } from './batch.mjs';
import { C } from './c.mjs';
import { Pool } from './pool.mjs';
import { Replay } from './replay.mjs';

/** C first: the others are compared with it. */
export const ways = { c: C, api: Api, pool: Pool, batch: Batch, replay: Replay };

/** @typedef {keyof typeof ways} WayName */
