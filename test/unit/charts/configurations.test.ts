import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { IMAGES } from '../../../api/images.ts';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { collectorConfig } from '../../../charts/config/collector.ts';
import { grafanaDataSources, JAEGER_UID, PROMETHEUS_UID } from '../../../charts/config/grafana.ts';
import { jaegerConfig } from '../../../charts/config/jaeger.ts';
import { API_SERVER_PORTS, outsidePorts } from '../../../charts/config/outside.ts';
import { prometheusConfig } from '../../../charts/config/prometheus.ts';
import { synthStack } from '../../../charts/synth-stack.ts';
import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';
import { walk } from '../../support/assertions/walk.ts';

const STACK = { name: 'duotel', namespace: 'observability' };
const spec = resolveStackSpec();
const collector = collectorConfig(STACK, spec);
const jaeger = jaegerConfig(STACK, spec);

const valueAt = (config: object, suffix: string) => [...walk(config)].find(([path]) => path.endsWith(suffix))?.[1];

/** Ports that a configuration listens at, and the addresses it binds. */
function listeners(config: object): readonly { readonly host: string; readonly port: number }[] {
  return [...walk(config)].flatMap(([path, value]) => {
    const [, host, port] = typeof value === 'string' && !value.includes('svc') ? (/^([\d.]+|localhost):(\d+)$/.exec(value) ?? []) : [];
    if (host !== undefined) return [{ host, port: Number(port) }];
    if (!path.endsWith('.exporter.prometheus') || typeof value !== 'object') return [];
    return [value as { host: string; port: number }];
  });
}

interface Container {
  readonly name: string;
  readonly ports: readonly { readonly containerPort: number }[];
  readonly readinessProbe: { readonly httpGet: { readonly port: number } };
}
function container(component: string): Container {
  const set = synthStack({ ...STACK, spec }).find(
    ({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === `duotel-${component}`,
  );
  const template = (set?.['spec'] as { template: { spec: { containers: Container[] } } } | undefined)?.template;
  const only = template?.spec.containers[0];
  if (only === undefined) throw new Error(`no container in ${component}`);
  return only;
}

describe.each([
  ['collector', collector],
  ['jaeger', jaeger],
] as const)('the configuration of %s', (component, config) => {
  it('listens on every address of the pod: the default is localhost, where nothing reaches it', () => {
    expect([...new Set(listeners(config).map(({ host }) => host))]).toEqual(['0.0.0.0']);
  });

  it('listens at the ports of its container and its probe, and no other', () => {
    const { ports, readinessProbe } = container(component);
    const declared = [...ports.map(({ containerPort }) => containerPort), readinessProbe.httpGet.port];
    expect(
      listeners(config)
        .map(({ port }) => port)
        .sort(),
    ).toEqual(declared.sort());
  });

  it('uses no component name that is an alias, and no batch processor on the way to its own stores', () => {
    const sections: readonly unknown[] = Object.values(config);
    const names = sections.flatMap((section) => Object.keys(section as object)).map((name) => name.replace(/\/.*/, ''));
    const old = [
      'batch',
      'otlphttp',
      'spanmetrics',
      'deltatocumulative',
      'k8sattributes',
      'metricstransform',
      'prometheusremotewrite',
      'signaltometrics',
    ];
    expect(names.filter((name) => old.includes(name))).toEqual([]);
  });
});

describe("the collector's queue", () => {
  it('sends batches that the receivers take, and leaves half of its volume free', () => {
    const batch = Number(valueAt(collector, '.sending_queue.batch.max_size'));
    const receivers = [collector, jaeger].map((config) => Number(valueAt(config, '.grpc.max_recv_msg_size_mib')) * 1024 ** 2);
    expect(Math.min(...receivers)).toBeGreaterThan(batch);
    expect(valueAt(collector, '.sending_queue.queue_size')).toBe(1024 ** 3);
    expect(spec.collector.storage.size).toBe('2Gi');
  });
});

describe('the way from a figure to a trace', () => {
  it('is whole: the collector makes exemplars, exposes them, Prometheus keeps them, Grafana links them to Jaeger', () => {
    expect(valueAt(collector, '.span_metrics.exemplars.enabled')).toBe(true);
    expect(valueAt(collector, '.exporters.prometheus.enable_open_metrics')).toBe(true);
    expect(valueAt(prometheusConfig(STACK, spec), '.exemplars.max_exemplars')).toBeGreaterThan(0);
    const sources = grafanaDataSources(STACK, spec);
    expect(valueAt(sources, '.exemplarTraceIdDestinations[0]')).toMatchObject({ name: 'trace_id', datasourceUid: JAEGER_UID });
    expect(valueAt(sources, '.tracesToMetrics.datasourceUid')).toBe(PROMETHEUS_UID);
    // A single dollar would be taken for a variable of the environment.
    expect(valueAt(sources, '.tracesToMetrics.queries[0].query')).toContain('$$__tags');
  });
});

describe('a further exporter', () => {
  it("stands beside the stack's own, by whatever name", () => {
    const settings = (exporters: readonly object[]) =>
      resolveStackSpec({ collector: { gateway: { enabled: true }, exporters } } as unknown as TelemetryStackSpec);
    const to = { endpoint: 'http://tempo.tempo:4317', signals: ['traces', 'metrics'] };
    const further = [
      { ...to, name: 'prometheus' },
      { ...to, name: 'jaeger', protocol: 'grpc' },
    ];
    const exporters = (of: readonly object[]) => (collectorConfig(STACK, settings(of)) as { exporters: Record<string, object> }).exporters;
    expect(exporters(further)).toMatchObject(exporters([]));
    expect(Object.keys(exporters(further)).length).toBe(Object.keys(exporters([])).length + further.length);
  });

  it.each([{}, { sampling: { enabled: true } }, { gateway: { enabled: true } }])(
    "is reached through a processor that answers for it: its errors are nobody else's (collector: %j)",
    (collector) => {
      const vendor = { name: 'vendor', endpoint: 'https://otlp.example.com', signals: ['traces', 'metrics', 'logs'] };
      const settings = resolveStackSpec({ collector: { ...collector, exporters: [vendor] } } as unknown as TelemetryStackSpec);
      const { service } = collectorConfig(STACK, settings) as {
        service: { pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] }> };
      };
      const pipelines = Object.entries(service.pipelines).filter(([, { exporters }]) => exporters.includes('otlp_http/extra-vendor'));
      expect(pipelines).toEqual(
        vendor.signals.map((signal) => [
          `${signal}/extra-vendor`,
          { receivers: ['forward/extra-vendor'], processors: ['batch/extra'], exporters: ['otlp_http/extra-vendor'] },
        ]),
      );
      // Each signal comes in once: a span that is stored and sent on is not sent on twice.
      const feeding = Object.entries(service.pipelines).filter(([, { exporters }]) => exporters.includes('forward/extra-vendor'));
      expect(feeding.map(([name]) => name.replace(/\/.*/, '')).sort()).toEqual([...vendor.signals].sort());
    },
  );
});

describe('a collector that asks the API server for pods', () => {
  it('is let out to wherever the operator is', () => {
    const asking = resolveStackSpec({
      collector: { serviceAccountName: 'a', k8sAttributes: { enabled: true } },
    } as unknown as TelemetryStackSpec);
    expect(outsidePorts(asking)).toEqual(API_SERVER_PORTS.map((port) => ({ from: 'collector', port })));
  });
});

describe("Grafana's address", () => {
  const rootUrl = (host: string) => {
    const objects = synthStack({ ...STACK, spec: resolveStackSpec({ grafana: { ingress: { host } } }) });
    return [...walk(objects)].flatMap(([, value]) => {
      const { name, value: text } = (typeof value === 'object' && value !== null ? value : {}) as { name?: string; value?: string };
      return name === 'GF_SERVER_ROOT_URL' ? [text] : [];
    });
  };

  it('is that of its Ingress, unless that is a wildcard, which is no address', () => {
    expect(rootUrl('grafana.example.com')).toEqual(['http://grafana.example.com/']);
    expect(rootUrl('*.example.com')).toEqual([]);
  });
});

describe('docs/reference/images.md', () => {
  it('lists the images of this release', () => {
    const text = readFileSync(new URL('../../../docs/reference/images.md', import.meta.url), 'utf8');
    for (const [component, image] of Object.entries(IMAGES)) {
      const [name, digest] = image.split('@');
      expect(text).toContain(`| ${component} | \`${name}\` | \`${digest}\` |`);
    }
  });
});
