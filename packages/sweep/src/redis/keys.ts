/** The names of all that is kept in Redis. */

export const PREFIX = 'gpu-buddy-sweep';

/** Prefix of the keys of BullMQ, whose queues are named by the ids of sweeps. */
export const QUEUE_PREFIX = `${PREFIX}:queue`;

/** A sorted set: ids of sweeps by the time when they were submitted. */
export const SWEEPS = `${PREFIX}:sweeps`;

/** The sweep of an id, as JSON. */
export const sweepKey = (id: string) => `${PREFIX}:sweep:${id}`;

/** The file of a trace. */
export const traceKey = (hash: string) => `${PREFIX}:trace:${hash}`;

/** A set: ids of the sweeps that need a trace. */
export const usersKey = (hash: string) => `${PREFIX}:users:${hash}`;
