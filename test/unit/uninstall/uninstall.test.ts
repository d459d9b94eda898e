import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';
import { type Step, uninstall } from '../../../src/uninstall/uninstall.ts';
import { namespaceObject, workload } from '../../support/workloads/injection.ts';
import { strategicMerge } from '../../support/workloads/strategic-merge.ts';

const RECORD = JSON.stringify({ version: 1, backend: 'both', bootstrap: 'none', stack: 'duotel/duotel', containers: {}, volumes: {} });
const LABELS = { 'app.kubernetes.io/part-of': 'duotel' };
const ours = (kind: string, name: string, namespace?: string): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, labels: LABELS, ...(namespace !== undefined && { namespace }) },
});

/** Objects in memory, with an operator that at once injects what asks and reverts what does not, until its Deployment is deleted. */
function memory(objects: KubeObject[]): { readonly api: KubeApi; readonly injections: () => number } {
  let injections = 0;
  const find = (kind: string, ref: { name: string; namespace?: string }) =>
    objects.findIndex(({ kind: one, metadata }) => one === kind && metadata.name === ref.name && metadata.namespace === ref.namespace);
  const reconcile = (): void => {
    if (find('Deployment', { name: 'duotel-operator', namespace: 'duotel' }) < 0) return;
    for (const [index, object] of objects.entries()) {
      if (object.kind !== 'Deployment' || object.metadata.namespace === 'duotel') continue;
      const place = objects[find('Namespace', { name: object.metadata.namespace ?? '' })];
      const backend = object.metadata.annotations?.['duotel.io/backend'] ?? place?.metadata.annotations?.['duotel.io/backend'] ?? 'none';
      const is = object.metadata.annotations?.['duotel.io/injected'] !== undefined;
      if (is === (backend !== 'none')) continue;
      if (!is) injections += 1;
      const annotations = { 'duotel.io/injected': is ? null : RECORD };
      objects[index] = strategicMerge(object, { metadata: { annotations } }) as KubeObject;
    }
  };
  const api: Pick<KubeApi, 'resourceType' | 'get' | 'list' | 'patch' | 'delete'> = {
    resourceType: async (apiVersion, kind) => ({ apiVersion, kind }) as unknown as Awaited<ReturnType<KubeApi['resourceType']>>,
    get: async ({ kind }, ref) => objects[find(kind, { name: ref.name, ...(ref.namespace !== undefined && { namespace: ref.namespace }) })],
    list: async ({ kind }) => ({ items: objects.filter((one) => one.kind === kind), resourceVersion: '1' }),
    patch: async ({ kind }, ref, _, body) => {
      const index = find(kind, { name: ref.name, ...(ref.namespace !== undefined && { namespace: ref.namespace }) });
      const after = strategicMerge(objects[index] ?? {}, body as object as Readonly<Record<string, unknown>>) as KubeObject;
      objects[index] = after;
      reconcile();
      return after;
    },
    delete: async ({ kind }, ref) => {
      objects.splice(find(kind, { name: ref.name, ...(ref.namespace !== undefined && { namespace: ref.namespace }) }), 1);
      return true;
    },
  };
  return { api: api as KubeApi, injections: () => injections };
}

describe('uninstall --revert', () => {
  it('injects no workload once more, and leaves neither annotations nor the rights of operator.scope', async () => {
    const objects: KubeObject[] = [
      namespaceObject({ 'duotel.io/backend': 'both' }),
      namespaceObject({}, 'plain'),
      workload({ name: 'default', annotations: { 'duotel.io/injected': RECORD } }),
      workload({ name: 'off', annotations: { 'duotel.io/backend': 'none' } }),
      workload({
        name: 'typo',
        namespace: 'plain',
        annotations: { 'duotel.io/bakend': 'both', 'duotel.io/status': 'Blocked InvalidAnnotation: x' },
      }),
      workload({ name: 'own', namespace: 'plain', annotations: { 'duotel.io/backend': 'both', 'duotel.io/injected': RECORD } }),
      ours('Deployment', 'duotel-operator', 'duotel'),
      ours('Role', 'duotel-operator-workloads', 'shop'),
      ours('RoleBinding', 'duotel-operator-workloads', 'shop'),
    ];
    const { api, injections } = memory(objects);
    const steps: Step[] = [];
    const clock = { now: () => 0, sleep: async () => {} };
    await uninstall({ api, clock, workloads: 'revert', dryRun: false, onStep: (step) => steps.push(step) });
    expect(injections()).toBe(0);
    expect(JSON.stringify(objects)).not.toContain('duotel');
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['shop', 'plain', 'default', 'off', 'typo', 'own']);
    expect(steps.filter(({ action }) => action === 'reverted').map(({ object }) => object)).toEqual([
      'Deployment/shop/default',
      'Deployment/plain/own',
    ]);
  });
});
