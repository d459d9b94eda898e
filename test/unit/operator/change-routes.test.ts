import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { TELEMETRY_STACK } from '../../../api/telemetry-stack.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { ChangeRoutes } from '../../../src/operator/change-routes.ts';
import { VirtualClock } from '../../support/time/virtual-clock.ts';
import { workload } from '../../support/workloads/injection.ts';

const STACK: KubeObject = { ...TELEMETRY_STACK, metadata: { name: 'duotel', namespace: 'duotel', uid: 'u', generation: 1 } };

/** Routes into queues that nobody works on. */
function world() {
  const queue = (): WorkQueue => new WorkQueue({ clock: new VirtualClock(), random: () => 0.5 });
  const [stacks, workloads] = [queue(), queue()];
  /** Milliseconds after which the program is looked at. */
  const looks: number[] = [];
  const routes = new ChangeRoutes({
    namespace: 'duotel',
    scope: undefined,
    stackController: { seen: () => undefined },
    stacks,
    workloadController: { observe: () => true, stackGone: () => undefined, annotated: () => [], inNamespace: () => [] },
    workloads,
    program: { addAfter: (_key, ms) => void looks.push(ms) },
  });
  return { routes, stacks, workloads, looks };
}

/** With which priority the stack waits after this event of it. */
function priorityAfter(object: KubeObject | undefined, previous: KubeObject | undefined): string {
  const { routes, stacks } = world();
  routes.route({ kind: TELEMETRY_STACK.kind, key: 'duotel/duotel', object, previous, resync: false });
  return (['user', 'drift', 'resync'] as const).filter((priority) => stacks.depth(priority) > 0).join();
}

describe('a TelemetryStack', () => {
  it('does not come as what a person waits for when its status alone is new: the event of our own would end its wait after a failure', () => {
    expect(priorityAfter({ ...STACK, status: { conditions: [] } }, STACK)).toBe('drift');
  });

  it.each<[string, KubeObject | undefined, KubeObject | undefined]>([
    ['is new', STACK, undefined],
    ['is gone', undefined, STACK],
    ['has another spec', { ...STACK, metadata: { ...STACK.metadata, generation: 2 } }, STACK],
    ['has another annotation', { ...STACK, metadata: { ...STACK.metadata, annotations: { 'duotel.io/reconcile-at': '1' } } }, STACK],
    ['is another one of that name', { ...STACK, metadata: { ...STACK.metadata, uid: 'v' } }, STACK],
  ])('comes as what a person waits for when it %s', (_case, object, previous) => {
    expect(priorityAfter(object, previous)).toBe('user');
  });
});

describe('a workload that is deleted while another process leads', () => {
  it('waits for nobody, be it for a first pass', () => {
    const { routes, workloads } = world();
    const app = workload();
    routes.route({ kind: 'Deployment', key: 'shop/my-rag', object: app, previous: undefined, resync: true });
    expect(workloads.depth()).toBe(1);
    routes.route({ kind: 'Deployment', key: 'shop/my-rag', object: undefined, previous: app, resync: false });
    expect(workloads.depth()).toBe(0);
  });

  it('is looked at where this process works', async () => {
    const { routes, workloads } = world();
    void workloads.run(async () => undefined, AbortSignal.abort());
    routes.route({ kind: 'Deployment', key: 'shop/my-rag', object: undefined, previous: workload(), resync: false });
    expect(workloads.depth()).toBe(1);
  });
});

describe('the programs of former releases', () => {
  const changed = (kind: string, namespace: string, name: string): readonly number[] => {
    const { routes, looks } = world();
    const object = { ...workload({ kind, name, namespace }) };
    routes.route({ kind, key: `${namespace}/${name}`, object, previous: object, resync: false });
    return looks;
  };

  it("are looked at some seconds after the operator's own Deployment has changed, and after no other", () => {
    expect(changed('Deployment', 'duotel', 'duotel-operator')).toEqual([10_000]);
    expect(changed('Deployment', 'other', 'duotel-operator')).toEqual([]);
    expect(changed('Deployment', 'duotel', 'duotel-gateway')).toEqual([]);
    expect(changed('StatefulSet', 'duotel', 'duotel-operator')).toEqual([]);
  });
});
