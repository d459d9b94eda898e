import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { objectLabels } from '../../../api/names.ts';
import { type StackStatus, statusOf } from '../../../api/stack-status.ts';
import { TELEMETRY_STACK } from '../../../api/telemetry-stack.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { systemClock } from '../../../src/kube/system-clock.ts';
import { StackController, type StackControllerOptions } from '../../../src/stacks/stack-controller.ts';
import { MemoryCluster } from '../../support/fake-api/memory-cluster.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const KEY = 'duotel/main';

const stackObject = (spec: object = {}, annotations: Readonly<Record<string, string>> = {}): KubeObject => ({
  ...TELEMETRY_STACK,
  metadata: { name: 'main', namespace: 'duotel', annotations },
  spec: { grafana: { mode: 'none' }, ...spec },
});

const part = (
  kind: string,
  name: string,
  fields: object = {},
  apiVersion = kind === 'StatefulSet' || kind === 'Deployment' ? 'apps/v1' : 'v1',
): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: `main-${name}`, namespace: 'duotel', labels: objectLabels('main') },
  ...fields,
});
const statefulSet = (name: string, image = 'ours'): KubeObject =>
  part('StatefulSet', name, { spec: { replicas: 1, template: { spec: { containers: [{ name, image }] } } } });
const PARTS = [part('Service', 'jaeger', { spec: { ports: [{ port: 1 }] } }), statefulSet('jaeger')];

/** A controller of the stacks of `namespace`, whose objects are `parts`. */
function controllerOf(cluster: MemoryCluster, parts: () => readonly KubeObject[] = () => PARTS, namespace = 'duotel'): StackController {
  const options: StackControllerOptions = {
    api: cluster.api(),
    cache: cluster.cache,
    events: { record: async () => undefined } as unknown as StackControllerOptions['events'],
    logger: SILENT,
    metrics: new Metrics(),
    namespace,
    synth: parts,
    mayCollect: () => true,
    workloads: () => ({ injected: 0, pending: 0, blocked: 0, reverted: 0 }),
    clock: systemClock,
    wallClock: Date.now,
    random: () => 0.5,
    lookAgain: () => undefined,
    onWritten: () => undefined,
  };
  return new StackController(options);
}

const status = (cluster: MemoryCluster): Partial<StackStatus> => statusOf(cluster.get('TelemetryStack', 'main') ?? stackObject());
const stalled = (cluster: MemoryCluster): string | undefined => {
  const found = status(cluster).conditions?.find(({ type }) => type === 'Stalled');
  return found && `${found.reason}: ${found.message}`;
};
/** A pass whose failures the status tells as well. */
const pass = async (controller: StackController): Promise<void> => controller.reconcile(KEY).catch(() => undefined);

describe('an object under a name of the stack’s of which the cache keeps a part', () => {
  const helm = { 'app.kubernetes.io/managed-by': 'Helm' };
  const controlled = [
    { apiVersion: 'x/v1', kind: 'Foo', name: 'foo', uid: 'z', controller: true },
  ] as KubeObject['metadata']['ownerReferences'];

  it.each([
    ['StatefulSet', 'another tool', { labels: helm }, 'label app.kubernetes.io/managed-by is Helm'],
    ['Deployment', 'another tool', { labels: helm }, 'label app.kubernetes.io/managed-by is Helm'],
    [
      'ConfigMap',
      'a controller',
      { labels: { 'app.kubernetes.io/managed-by': 'duotel' }, ownerReferences: controlled },
      'its controller is Foo/foo',
    ],
    ['StatefulSet', 'a controller', { ownerReferences: controlled }, 'its controller is Foo/foo'],
  ])('that is a %s of %s is left as it is', async (kind, _owner, metadata, why) => {
    const ours = part(kind, 'jaeger', { spec: { replicas: 1 } });
    const theirs = { ...ours, metadata: { name: 'main-jaeger', namespace: 'duotel', ...metadata }, spec: { replicas: 3 } } as KubeObject;
    const cluster = new MemoryCluster([theirs, stackObject()], true);
    await pass(controllerOf(cluster, () => [ours]));
    expect(cluster.get(kind, 'main-jaeger')).toMatchObject({ spec: { replicas: 3 }, metadata });
    expect(stalled(cluster)).toContain(`ForeignOwner: ${kind}/duotel/main-jaeger: not taken over: ${why}`);
  });

  it('gets its label back, and keeps what the spec says to ignore', async () => {
    const ignore = [{ kind: 'StatefulSet', path: '/spec/replicas' }];
    const cluster = new MemoryCluster([stackObject({ reconcile: { ignore } })]);
    const controller = controllerOf(cluster);
    await pass(controller);
    const { labels: _, ...robbed } = cluster.get('StatefulSet', 'main-jaeger')?.metadata ?? { name: '' };
    const scaled = { ...statefulSet('jaeger'), metadata: robbed, spec: { ...(statefulSet('jaeger')['spec'] as object), replicas: 3 } };
    cluster.put(scaled);
    await pass(controller);
    expect(cluster.get('StatefulSet', 'main-jaeger')).toMatchObject({
      metadata: { labels: { 'duotel.io/stack': 'main' } },
      spec: { replicas: 3 },
    });
  });

  it('that carries the label, and so is there as a whole, is not asked for', async () => {
    const cluster = new MemoryCluster([stackObject()]);
    const controller = controllerOf(cluster);
    await pass(controller);
    cluster.reads.length = cluster.writes.length = 0;
    await pass(controller);
    expect([...cluster.reads, ...cluster.writes]).toEqual([]);
  });
});

describe('a stack that was deleted and is made again before anything was collected', () => {
  const former = [...PARTS, statefulSet('grafana'), part('Deployment', 'gateway', { spec: { replicas: 1 } })];
  const inventory = (cluster: MemoryCluster): readonly string[] | undefined =>
    status(cluster).inventory?.map(({ kind, name }) => `${kind}/${name}`);
  /** A cluster where a stack of the parts `former` was deleted. */
  const afterFormer = async (spec: object = {}): Promise<MemoryCluster> => {
    const cluster = new MemoryCluster([stackObject(spec)], true);
    await pass(controllerOf(cluster, () => former));
    cluster.remove(stackObject());
    return cluster;
  };

  it.each([
    ['', {}],
    [', whose objects were to stay', { reconcile: { deletion: 'Orphan' } }],
  ])('has none of the parts that it does not ask for%s', async (_case, spec) => {
    const cluster = await afterFormer(spec);
    cluster.put(stackObject());
    await pass(controllerOf(cluster));
    expect(cluster.names).toEqual(['Service/main-jaeger', 'StatefulSet/main-jaeger', 'TelemetryStack/main']);
    expect(inventory(cluster)).toEqual(['Service/main-jaeger', 'StatefulSet/main-jaeger']);
    expect(status(cluster).conditions?.find(({ type }) => type === 'Stalled')?.status).toBe('False');
  });

  it('has none of them either when it was suspended at first', async () => {
    const cluster = await afterFormer();
    const controller = controllerOf(cluster);
    cluster.put(stackObject({ suspend: true }));
    await pass(controller);
    expect(cluster.names).toContain('StatefulSet/main-grafana');
    cluster.put({ ...stackObject(), status: status(cluster) });
    await pass(controller);
    expect(cluster.names).toEqual(['Service/main-jaeger', 'StatefulSet/main-jaeger', 'TelemetryStack/main']);
  });

  it('leaves what only bears its label', async () => {
    const cluster = await afterFormer();
    const labels = { ...objectLabels('main'), 'app.kubernetes.io/managed-by': 'kustomize' };
    cluster.put({ ...part('Service', 'extra'), metadata: { name: 'main-extra', namespace: 'duotel', labels } });
    cluster.put(stackObject());
    await pass(controllerOf(cluster));
    expect(cluster.names).toContain('Service/main-extra');
  });

  it('costs no request where there was none before', async () => {
    const cluster = new MemoryCluster([stackObject()]);
    await pass(controllerOf(cluster));
    // Each kind once, before its objects are made.
    expect(cluster.reads).toEqual(['list Service', 'list StatefulSet']);
  });
});

describe('the objects of a stack that is gone', () => {
  const orphan = stackObject({ reconcile: { deletion: 'Orphan' } });
  const kept = ['ConfigMap/main-kept-when-deleted', 'Service/main-jaeger', 'StatefulSet/main-jaeger'];

  it.each([
    ['', false],
    [', and no event has shown its note gone', true],
  ])('go with it when its spec was last seen to say so, though no pass has%s', async (_case, isLate) => {
    const cluster = new MemoryCluster([orphan]);
    const controller = controllerOf(cluster);
    await pass(controller);
    expect(cluster.names).toEqual([...kept, 'TelemetryStack/main']);
    cluster.remove(orphan);
    controller.seen(stackObject());
    if (isLate) cluster.lingering.push(cluster.get('ConfigMap', 'main-kept-when-deleted') as KubeObject);
    await pass(controller);
    expect(cluster.names).toEqual([]);
  });

  it('stay when it is only by a view which may be older than the note that they would go', async () => {
    const cluster = new MemoryCluster([orphan]);
    await pass(controllerOf(cluster));
    cluster.remove(orphan);
    const next = controllerOf(cluster);
    next.seen(stackObject());
    await pass(next);
    expect(cluster.names).toEqual(kept);
  });

  it('stay while the note of it does, and go when somebody takes that away', async () => {
    const cluster = new MemoryCluster([orphan]);
    const controller = controllerOf(cluster);
    await pass(controller);
    cluster.remove(orphan);
    for (let passes = 0; passes < 2; passes += 1) {
      cluster.reads.length = 0;
      await pass(controller);
      expect(cluster.names).toEqual(kept);
      expect(cluster.reads).toEqual([]);
    }
    cluster.remove(part('ConfigMap', 'kept-when-deleted'));
    await pass(controller);
    expect(cluster.names).toEqual([]);
  });
});

describe('a stack that two operators see', () => {
  it('has the status of the one in its namespace, and the other leaves that alone', async () => {
    const cluster = new MemoryCluster([stackObject()]);
    const [ours, other] = [controllerOf(cluster), controllerOf(cluster, () => PARTS, 'other')];
    await pass(other);
    expect(stalled(cluster)).toBe(
      'WrongNamespace: metadata.namespace is duotel, expected other: the operator has rights in its own namespace only; create the TelemetryStack there',
    );
    await pass(ours);
    cluster.writes.length = 0;
    for (let passes = 0; passes < 2; passes += 1) {
      await pass(other);
      await pass(ours);
    }
    expect(cluster.writes).toEqual([]);
    expect(stalled(cluster)).toBe('Settled: nothing stands in the way');
  });
});

describe('an on-demand reconcile', () => {
  it('is echoed when it was tried: not while the stack is suspended, but after that', async () => {
    const asking = { 'duotel.io/reconcile-at': 'noon' };
    const cluster = new MemoryCluster([stackObject({}, { 'duotel.io/reconcile-at': 'dawn' })]);
    const controller = controllerOf(cluster);
    await pass(controller);
    expect(status(cluster).lastHandledReconcileAt).toBe('dawn');
    for (const [spec, handled] of [
      [{ suspend: true }, 'dawn'],
      [{}, 'noon'],
    ] as const) {
      cluster.put({ ...stackObject(spec, asking), status: status(cluster) });
      await pass(controller);
      expect(status(cluster).lastHandledReconcileAt).toBe(handled);
    }
  });
});
