import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { resolveStackSpec } from '../../api/telemetry-stack.ts';
import { telemetryStackCrd } from '../../api/telemetry-stack-crd.ts';
import { synthStack } from '../../charts/synth-stack.ts';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { installCrd, installForeignCrds } from '../support/cluster/foreign-crds.ts';
import { must } from '../support/cluster/installation.ts';
import { pairwise } from '../support/stacks/pairwise.ts';
import { excludedPair, SETTINGS, specOf } from '../support/stacks/stack-settings.ts';
import { complaints } from '../support/stacks/validate-configurations.ts';

const NAMESPACE = 'restricted';
const ROWS = pairwise(SETTINGS, excludedPair).map((row) => {
  const values = row.map((value, index) => SETTINGS[index]?.values[value]);
  const name = values.map((value, index) => `${SETTINGS[index]?.name}=${value?.name}`).join(' ');
  return { name, spec: specOf(values.flatMap((value) => (value === undefined ? [] : [value.value]))) };
});
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ audit: false });
  await installCrd(cluster, JSON.stringify(telemetryStackCrd()));
  await must(cluster, ['create', 'namespace', NAMESPACE]);
  await must(cluster, ['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted']);
  // Its pods are checked as pods, which need their ServiceAccounts.
  await installForeignCrds(cluster);
});

afterAll(async () => {
  await cluster?.stop();
});

interface Template {
  readonly metadata: object;
  readonly spec: object;
}

/** The pods of the workloads: Pod Security is enforced on pods, and a workload that breaks it is only warned of. */
function pods(objects: readonly KubeObject[]): readonly object[] {
  return objects.flatMap(({ metadata, spec }) => {
    const template = (spec as { template?: Template } | undefined)?.template;
    if (template === undefined) return [];
    const { volumes = [], ...rest } = template.spec as { volumes?: object[]; serviceAccountName?: string };
    // The ServiceAccounts are not there in a dry run, and claims come from the StatefulSet.
    const podSpec = { ...rest, serviceAccountName: 'default', volumes: [...volumes, { name: 'data', emptyDir: {} }] };
    const names = new Set((volumes as { name: string }[]).map(({ name }) => name));
    if (names.has('data')) podSpec.volumes = volumes;
    return [
      { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: metadata.name, namespace: NAMESPACE }, spec: podSpec },
    ];
  });
}

describe('the table of settings', () => {
  it('has each two values of two settings together in a row', () => {
    const together = new Set(ROWS.flatMap(({ name }) => name.split(' ').flatMap((a, i, all) => all.slice(i + 1).map((b) => `${a} ${b}`))));
    const pairs = SETTINGS.flatMap((a, i) =>
      SETTINGS.slice(i + 1).flatMap((b) =>
        a.values.flatMap((v) => b.values.map((w) => [`${a.name}=${v.name}`, `${b.name}=${w.name}`] as const)),
      ),
    );
    const missing = pairs.filter(([a, b]) => !excludedPair(a, b) && !together.has(`${a} ${b}`));
    expect(missing).toEqual([]);
    expect(pairs.length).toBeGreaterThan(1000);
  });
});

describe.each(ROWS)('the stack with $name', ({ spec }) => {
  const objects = () => synthStack({ name: 'duotel', namespace: NAMESPACE, spec: resolveStackSpec(spec) });

  it('is a spec that the API server takes', async () => {
    const stack = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata: { name: 'duotel', namespace: NAMESPACE }, spec };
    expect(await must(cluster, ['create', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(stack))).toContain('created');
  });

  it('has manifests that the API server takes, and pods that the restricted Pod Security Standard admits', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [...objects(), ...pods(objects())] };
    const text = await must(cluster, ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(list));
    expect(text.trim().split('\n')).toHaveLength(list.items.length);
  });

  it('has configurations that the real programs take', async () => {
    expect(await complaints(objects())).toEqual([]);
  });
});
