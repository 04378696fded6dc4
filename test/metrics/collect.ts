/** A meter of OpenTelemetry's own SDK, and what its reader finds when it collects. */
import type { Meter } from '@opentelemetry/api';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';

class Reader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** The values of a metric by their attributes, in JSON, and what the metric is. */
export interface Found {
  readonly unit: string;
  readonly isMonotonic: boolean | undefined;
  readonly values: Readonly<Record<string, unknown>>;
}

export class Telemetry {
  readonly #reader: Reader;
  readonly #provider: MeterProvider;
  readonly meter: Meter;

  /** @param temporality with `DELTA` the SDK forgets what nobody observes any more, and tells of changes */
  constructor(temporality = AggregationTemporality.CUMULATIVE) {
    this.#reader = new Reader({ aggregationTemporalitySelector: () => temporality });
    this.#provider = new MeterProvider({ readers: [this.#reader] });
    this.meter = this.#provider.getMeter('test');
  }

  /** Gives all metrics by their names. */
  async collect(): Promise<Record<string, Found>> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length) throw new AggregateError(errors);
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return Object.fromEntries(
      metrics.map((metric) => [
        metric.descriptor.name,
        {
          unit: metric.descriptor.unit,
          isMonotonic: 'isMonotonic' in metric ? metric.isMonotonic : undefined,
          values: Object.fromEntries(
            metric.dataPoints.map(({ attributes, value }) => [JSON.stringify(attributes), value]),
          ),
        },
      ]),
    );
  }

  /** Gives the values of a metric by an attribute; without one, the only value. */
  async read(name: string, key?: string): Promise<unknown> {
    const values = Object.entries((await this.collect())[name]?.values ?? {});
    if (key === undefined) return values[0]?.[1];
    return Object.fromEntries(
      values.map(([json, value]) => [(JSON.parse(json) as Record<string, string>)[key], value]),
    );
  }

  end(): Promise<void> {
    return this.#provider.shutdown();
  }
}
