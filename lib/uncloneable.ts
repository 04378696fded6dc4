/** Makes `structuredClone()` and `postMessage()` refuse the objects of this library, if Node can. */
import * as threads from 'node:worker_threads';

type MarkAsUncloneable = (object: object) => void;

/**
 * Makes cloning an object a `DataCloneError`, if Node can do that (from 22.10 on). Otherwise a clone is an empty object that
 * looks like a success.
 */
export const markAsUncloneable: MarkAsUncloneable =
  'markAsUncloneable' in threads ? (threads.markAsUncloneable as MarkAsUncloneable) : () => undefined;
