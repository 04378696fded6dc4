/** Metrics that are read when a reader of the meter asks for them. */
import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import { invalidArgType } from '../errors';

/** Metrics of an allocator or a queue, until they are disposed of. */
export interface Observation extends Disposable {
  /** Ends it: nothing more is observed. A second call does nothing. */
  dispose(): void;
  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void;
}

/** Something that is to be observed, with the attributes that are its own. */
export type Observe = (observable: Observable, value: number, own?: Attributes) => void;

/**
 * Has a reader of the meter call `read` whenever it collects.
 *
 * @param end is called once, by `dispose()`
 */
export function observe(
  meter: Meter,
  observables: readonly Observable[],
  attributes: Attributes,
  read: (observe: Observe) => void,
  end: () => void = () => undefined,
): Observation {
  const list = [...observables];
  const callback = (result: BatchObservableResult): void => {
    read((observable, value, own) => {
      result.observe(observable, value, { ...attributes, ...own });
    });
  };
  let isOver = false;
  const dispose = (): void => {
    if (isOver) return;
    isOver = true;
    meter.removeBatchObservableCallback(callback, list);
    end();
  };
  meter.addBatchObservableCallback(callback, list);
  return { dispose, [Symbol.dispose]: dispose };
}

export function toMeter(meter: unknown): Meter {
  if (typeof meter !== 'object' || meter === null || !('addBatchObservableCallback' in meter))
    throw invalidArgType('meter', 'a Meter of @opentelemetry/api', meter);
  return meter as Meter;
}

export function toAttributes(attributes: unknown): Attributes {
  if (attributes === undefined) return {};
  if (typeof attributes !== 'object' || attributes === null)
    throw invalidArgType('attributes', 'of type object', attributes);
  return { ...attributes };
}
