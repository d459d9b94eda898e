import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import type { KubeObject } from '../../../api/kube-object.ts';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { dashboardJson } from '../../../charts/dashboards/dashboard.ts';
import { DASHBOARDS } from '../../../charts/dashboards/index.ts';
import { synthStack } from '../../../charts/synth-stack.ts';
import { matchGolden } from '../../support/assertions/golden.ts';
import { STACK_INPUTS } from '../../support/stacks/stack-inputs.ts';

/** The file that an object belongs to. */
function component({ kind, metadata }: KubeObject): string {
  if (kind === 'NetworkPolicy') return 'network-policies';
  return metadata.labels?.['app.kubernetes.io/name'] ?? 'injection';
}

/** Dashboards are compared as JSON of their own. */
function withoutDashboard(object: KubeObject): KubeObject {
  return object.metadata.labels?.['grafana_dashboard'] === undefined ? object : { ...object, data: '(see dashboards/)' };
}

describe.each(Object.entries(STACK_INPUTS))('the manifests of the stack "%s"', (input, spec) => {
  const objects = synthStack({ name: 'duotel', namespace: 'duotel', spec: resolveStackSpec(spec) });
  const components = [...new Set(objects.map(component))];

  it.each(components)('are as recorded: %s', (name) => {
    const documents = objects.filter((object) => component(object) === name).map(withoutDashboard);
    const text = documents.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
    matchGolden(new URL(`./${input}/${name}.yaml`, import.meta.url), text);
  });

  it('leave no recorded file without a manifest', () => {
    const files = readdirSync(new URL(`./${input}/`, import.meta.url));
    expect(files.sort()).toEqual(components.map((name) => `${name}.yaml`).sort());
  });
});

describe('the dashboards', () => {
  it.each(DASHBOARDS.map((spec) => [spec.slug, spec] as const))('are as recorded: %s', (slug, spec) => {
    matchGolden(new URL(`./dashboards/${slug}.golden.json`, import.meta.url), `${JSON.stringify(dashboardJson(spec), undefined, 2)}\n`);
  });
});
