/** All ways there are. */
import { Api } from './api.mjs';
import { Batch } from './batch.mjs';
import { C } from './c.mjs';
import { Replay } from './replay.mjs';

/** C first: it is what the others are compared with. */
export const ways = { c: C, api: Api, batch: Batch, replay: Replay };

/** @typedef {keyof typeof ways} WayName */
