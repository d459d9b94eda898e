import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { resolveStackSpec } from '../../../../api/telemetry-stack.ts';
import { decideWorkload } from '../../../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../../../src/inject/decision/decision.ts';
import { injectionConfig } from '../../../../src/inject/wishes/config.ts';
import { type PodSpec, podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { ASSETS, annotate, input, workload, after as written } from '../../../support/workloads/injection.ts';

const CA = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';
const spec = resolveStackSpec({ collector: { tls: { secretName: 'otlp-tls', ca: CA }, auth: { secretName: 'otlp-token' } } });
const config = injectionConfig({ name: 'duotel', namespace: 'duotel', spec }, ASSETS);
const plan = (object: KubeObject): Decision => decideWorkload(input(object, { stacks: [config] }));
const pod = (object: KubeObject): PodSpec => podTemplate(object)?.spec ?? { containers: [] };
const env = (object: KubeObject) => pod(object).containers[0]?.env ?? [];

describe('a workload of a stack with TLS and a token', () => {
  const before = workload({ annotations: { 'duotel.io/backend': 'both' } });
  const injected = written(before, plan(before));

  it('sends to https, checks the certificate by a file and shows the token of its own Secret', () => {
    const byName = new Map(env(injected).map((item) => [item.name, item]));
    expect(byName.get('OTEL_EXPORTER_OTLP_ENDPOINT')?.value).toBe('https://duotel-collector.duotel.svc:4318');
    expect(byName.get('OTEL_EXPORTER_OTLP_CERTIFICATE')?.value).toBe('/duotel/ca/ca.crt');
    expect(byName.get('DUOTEL_OTLP_TOKEN')?.valueFrom).toEqual({ secretKeyRef: { name: 'otlp-token', key: 'token', optional: true } });
    expect(byName.get('OTEL_EXPORTER_OTLP_HEADERS')?.value).toBe('authorization=Bearer%20$(DUOTEL_OTLP_TOKEN)');
    const names = env(injected).map(({ name }) => name);
    expect(names.indexOf('DUOTEL_OTLP_TOKEN')).toBeLessThan(names.indexOf('OTEL_EXPORTER_OTLP_HEADERS'));
    expect(pod(injected).containers[0]?.volumeMounts).toContainEqual(expect.objectContaining({ mountPath: '/duotel/ca' }));
    expect(pod(injected).volumes).toContainEqual(expect.objectContaining({ name: 'duotel-ca' }));
  });

  it('needs nothing more, and is what it was when it is left alone', () => {
    expect(plan(injected).action).toBe('none');
    const released = annotate(injected, { 'duotel.io/backend': null });
    expect(pod(written(released, plan(released)))).toEqual(pod(before));
  });

  it('keeps an endpoint of its own without our token', () => {
    const own = workload({
      annotations: { 'duotel.io/backend': 'both' },
      containers: [{ env: [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'https://elsewhere.example' }] }],
    });
    const names = env(written(own, plan(own))).map(({ name }) => name);
    expect(names).not.toContain('OTEL_EXPORTER_OTLP_HEADERS');
    expect(names).not.toContain('DUOTEL_OTLP_TOKEN');
  });
});
