import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { optionalKinds } from '../../api/features.ts';
import { resolveStackSpec } from '../../api/telemetry-stack.ts';
import { telemetryStackCrd } from '../../api/telemetry-stack-crd.ts';
import { synthStack } from '../../charts/synth-stack.ts';
import type { TelemetryStackSpec } from '../../imports/duotel.io.ts';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { installCrd, installForeignCrds } from '../support/cluster/foreign-crds.ts';
import { must } from '../support/cluster/installation.ts';
import { complaints } from '../support/stacks/validate-configurations.ts';

const FOLDER = new URL('../../docs/scale-out/', import.meta.url);
const PAGES = readdirSync(FOLDER)
  .filter((name) => name !== 'README.md')
  .map((name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
    const [, features = ''] = /operator: \{features: \[(.*?)\]\}/.exec(text) ?? [];
    return { name, spec: parse(yaml) as TelemetryStackSpec, features: features.split(', ').filter((one) => one !== '') };
  });
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ audit: false });
  await installCrd(cluster, JSON.stringify(telemetryStackCrd()));
  await installForeignCrds(cluster);
});

afterAll(async () => {
  await cluster?.stop();
});

it('each engine has a page', () => {
  expect(PAGES.map(({ name }) => name)).toEqual(
    [
      'cassandra',
      'clickhouse',
      'elasticsearch',
      'gateway',
      'grafana-postgresql',
      'grafana-sidecar',
      'mimir',
      'opensearch',
      'opentelemetry-operator',
      'otlp-exporters',
      'prometheus-operator',
      'thanos',
      'victoriametrics',
    ].map((name) => `${name}.md`),
  );
});

describe.each(PAGES)('the spec of docs/scale-out/$name', ({ spec, features }) => {
  const objects = () => synthStack({ name: 'duotel', namespace: 'default', spec: resolveStackSpec(spec) });

  it('is taken by the API server, as are its manifests', async () => {
    const stack = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata: { name: 'duotel', namespace: 'default' }, spec };
    await must(cluster, ['create', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(stack));
    const list = { apiVersion: 'v1', kind: 'List', items: objects() };
    await must(cluster, ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(list));
  });

  it('makes configurations that the real programs take', async () => {
    expect(await complaints(objects())).toEqual([]);
  });

  it('needs the features that the page names, and no other', () => {
    expect([...new Set(optionalKinds(objects()).map(({ feature }) => feature))]).toEqual(features);
  });
});
