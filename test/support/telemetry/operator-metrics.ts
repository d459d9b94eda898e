import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Gauge, Histogram } from 'prom-client';
import { Metrics } from '../../../src/controller/metrics.ts';

/** What a Prometheus scrapes of an operator in which each thing that can be counted has happened. */
export interface OperatorMetrics {
  /** `host:port`. */
  readonly target: string;
  stop(): Promise<void>;
}

interface Labelled {
  readonly labelNames: readonly string[];
}

/** Serves the operator's own registry. Each scrape finds every counter a little higher. */
export async function serveOperatorMetrics(): Promise<OperatorMetrics> {
  const { registry } = new Metrics();
  const happen = (): void => {
    for (const metric of registry.getMetricsAsArray()) {
      const one: unknown = registry.getSingleMetric(metric.name);
      const labels = Object.fromEntries((one as Labelled).labelNames.map((name) => [name, 'some']));
      if (one instanceof Counter) one.inc(labels);
      if (one instanceof Gauge) one.set(labels, 1);
      if (one instanceof Histogram) one.observe(labels, 0.01);
    }
  };
  const server = createServer((_, response) => {
    happen();
    registry.metrics().then((text) => response.setHeader('content-type', registry.contentType).end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
