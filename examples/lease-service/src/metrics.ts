/** Measures the service with OpenTelemetry, and writes that as Prometheus reads it. */
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { observeBuddy, observeQueue } from 'gpu-buddy/metrics';
import type { Leases } from './leases.ts';
import type { Memory } from './memory.ts';
import type { Store } from './store.ts';

export interface Metrics {
  /** Everything as it is now, in Prometheus' text format. */
  scrape(): Promise<string>;
  close(): Promise<void>;
}

export function createMetrics(memory: Memory, store: Store, leases: Leases): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const meter = provider.getMeter('gpu-buddy-example-lease-service');

  observeBuddy(meter, memory.buddy);
  observeQueue(meter, memory.queue);
  meter
    .createObservableUpDownCounter('lease_service.leases', {
      unit: '{lease}',
      description: 'Leases of a tenant',
    })
    .addCallback((result) => {
      for (const [tenant, count] of leases.counts) result.observe(count, { tenant });
    });
  meter
    .createObservableUpDownCounter('lease_service.usage', {
      unit: 'By',
      description: 'Leased bytes of a tenant',
    })
    .addCallback((result) => {
      for (const [tenant, { used }] of memory.accounts) result.observe(used, { tenant });
    });
  meter
    .createObservableUpDownCounter('lease_service.visible.usage', {
      unit: 'By',
      description: 'Leased bytes that the CPU can see',
    })
    .addCallback((result) => {
      result.observe(memory.visibleUsed);
    });
  meter
    .createObservableCounter('lease_service.commits', { unit: '{commit}', description: 'Flushes to disk' })
    .addCallback((result) => {
      result.observe(store.commits);
    });

  // Without `target_info`: Prometheus knows whom it asks.
  const serializer = new PrometheusSerializer(undefined, false, undefined, true);
  return {
    async scrape() {
      const { resourceMetrics } = await exporter.collect();
      return serializer.serialize(resourceMetrics);
    },
    close: () => provider.shutdown(),
  };
}
