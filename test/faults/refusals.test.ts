import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf } from '../../api/stack-status.ts';
import { eventually } from '../support/time/eventually.ts';
import type { ApiRequest } from './support/api-request.ts';
import { type Condition, conditions } from './support/conditions.ts';
import { denyDeletion } from './support/denial.ts';
import { status } from './support/fault.ts';
import { installed, statusLine } from './support/installed.ts';
import { ACTS, describeWrite, quiet, settle, silent } from './support/journey.ts';
import { type Match, of } from './support/match.ts';
import { row, useWorld } from './support/row.ts';
import type { World } from './support/world.ts';

const stage = useWorld();

const REFUSALS = {
  validation: status(422, 'Invalid', 'StatefulSet "x" is invalid: spec.replicas: Invalid value: must be non-negative', [
    { reason: 'FieldValueInvalid', message: 'Invalid value: must be non-negative', field: 'spec.replicas' },
  ]),
  admission: status(422, 'Invalid', 'admission webhook "w.example.com" denied the request: field is immutable', [
    { reason: 'FieldValueInvalid', message: 'field is immutable', field: 'spec.x' },
  ]),
  denial: status(403, 'Forbidden', 'admission webhook "w.example.com" denied the request: field is immutable'),
} as const;

/** Writes of a pod template, not of the status line that tells of a refusal. */
const templates: Match = (request: ApiRequest) => of('patch', 'deployments')(request) && request.body.includes('"template"');

row('E5', 'a refusal by validation or admission deletes nothing, and is over when its cause is', stage, {
  injected: 'writes of StatefulSets, later of the pod template, answered 422 and 403, with "immutable" in the text of an admission denial',
  cases: ['create', 'update', 'inject'],
  run: async ({ world, reference }) => {
    const { admin, proxy } = world;
    const deletions = (mark: number): readonly string[] =>
      proxy.passed
        .slice(mark)
        .filter(({ request }) => request.verb === 'delete')
        .map(describeWrite);
    await world.reset();
    await world.restart();
    const refused = proxy.add({ match: of('patch', 'statefulsets'), fault: REFUSALS.denial });
    await ACTS.create(world);
    await stalled(world, 'ObjectRefused');
    if ((await admin.get('Service', 'duotel-jaeger')) === undefined)
      throw new Error('a refused StatefulSet kept a Service from being made');
    refused.remove();
    await settle(world, 'create', reference.create, 90);

    const denied = proxy.add({ match: templates, fault: REFUSALS.denial });
    await ACTS.inject(world);
    await eventually('the workload to say WriteRefused', async () => (await statusLine(world)).includes('WriteRefused'), 90);
    // Each change of the workload's own status brings a try, and then there is none.
    await quiet(world, 1500);
    const tries = denied.struck;
    if (tries > 8) throw new Error(`${tries} tries to inject into a workload that is refused`);
    denied.remove();
    // A change of the workload brings the next try.
    for (const again of ['yes', null]) await admin.patch('Deployment', 'my-rag', { metadata: { annotations: { again } } }, 'shop');
    await settle(world, 'inject', reference.inject, 90);

    for (const fault of Object.values(REFUSALS)) {
      const mark = proxy.passed.length;
      const rule = proxy.add({ match: of('patch', 'statefulsets'), fault });
      await ACTS.update(world);
      await stalled(world, 'ObjectRefused');
      if (deletions(mark).length > 0) throw new Error(`deleted: ${deletions(mark).join(', ')}`);
      rule.remove();
      const undo = {
        collector: { resources: { limits: { memory: null } } },
        jaeger: { retention: null },
        injection: { deploymentEnvironment: null },
      };
      await admin.patch('TelemetryStack', 'duotel', { spec: undo });
      await notStalled(world);
    }
    const silence = await silent(world);
    return `5 refusals, each reported as ObjectRefused or WriteRefused, ${tries} tries of the template, 0 deletions; ${silence}`;
  },
});

row('E5', 'an immutable field stalls, and is recreated only when the spec allows it', stage, {
  injected: 'spec.jaeger.storage.size changed: the API server itself refuses',
  cases: ['update'],
  run: async ({ world, reference }) => {
    await installed({ world, reference });
    const { admin, proxy } = world;
    const deletions = (): number => proxy.passed.filter(({ request, status: code }) => request.verb === 'delete' && code === 200).length;
    const before = (await admin.get('StatefulSet', 'duotel-jaeger'))?.metadata.uid;
    await admin.patch('TelemetryStack', 'duotel', { spec: { jaeger: { storage: { size: '20Gi' } } } });
    await stalled(world, 'Immutable');
    if (deletions() > 0) throw new Error('deleted without being allowed to');
    await admin.patch('TelemetryStack', 'duotel', { spec: { reconcile: { immutable: 'Recreate' } } });
    await eventually(
      'the new size',
      async () => JSON.stringify((await admin.get('StatefulSet', 'duotel-jaeger'))?.['spec']).includes('20Gi'),
      90,
    );
    const after = (await admin.get('StatefulSet', 'duotel-jaeger'))?.metadata.uid;
    if (after === before || deletions() !== 1) throw new Error(`${deletions()} deletions`);
    await notStalled(world);
    await quiet(world, 2500);
    const silence = await silent(world);
    return `Immutable reported, 0 deletions; with spec.reconcile.immutable Recreate 1 deletion, 1 creation; ${silence}`;
  },
});

function stalled(world: World, reason: string): Promise<Condition> {
  return eventually(
    `the stack to be stalled by ${reason}`,
    async () => {
      const found = (await conditions(world)).find(({ type }) => type === 'Stalled');
      if (found?.status === 'True' && found.reason === reason) return found;
      throw new Error(JSON.stringify(found));
    },
    90,
  );
}

function notStalled(world: World): Promise<boolean> {
  const isOver = ({ type, status: value }: Condition): boolean => type === 'Stalled' && value === 'False';
  return eventually('the stack not to be stalled', async () => (await conditions(world)).some(isOver), 90);
}

/** The most tries of a deletion that is denied, in about the time of a test: each comes later than the one before. */
const TRIES = 12;

row('E7', 'an object whose deletion is denied stays in the inventory, and goes when it may', stage, {
  injected:
    'ValidatingAdmissionPolicy that denies DELETE of Grafana’s Service in prune, of the copies in revert, of Jaeger’s Service in delete',
  cases: ['prune', 'delete', 'inject'],
  run: async ({ world, reference }) => {
    const { admin, proxy } = world;
    /** In the first one's five seconds. */
    const tries = async (mark: number, resource: string, name: string): Promise<number> => {
      const count = (): number => proxy.passed.slice(mark).filter(({ request }) => of('delete', resource, name)(request)).length;
      await eventually(`a try to delete ${resource} ${name}`, async () => count() > 0, 90);
      await sleep(5000);
      if (count() > TRIES) throw new Error(`${count()} tries to delete ${resource} ${name}, expected 1 to ${TRIES}`);
      return count();
    };
    await installed({ world, reference });
    for (const phase of ['inject', 'update'] as const) {
      await ACTS[phase](world);
      await settle(world, phase, reference[phase]);
    }
    const services = '/api/v1/namespaces/duotel/services';
    let allow = await denyDeletion(world, 'services', 'oldObject.metadata.name != "duotel-grafana"', `${services}/duotel-grafana`);
    try {
      let mark = proxy.passed.length;
      await ACTS.prune(world);
      const told = await eventually(
        'PruneFailed',
        async () => (await conditions(world)).find(({ reason }) => reason === 'PruneFailed'),
        90,
      );
      if (!told.message.includes('not this one')) throw new Error(`the message does not say why: ${told.message}`);
      const stack = await admin.get('TelemetryStack', 'duotel');
      const inventory = stack === undefined ? [] : statusOf(stack).inventory;
      if (!inventory?.some(({ kind, name }) => kind === 'Service' && name === 'duotel-grafana'))
        throw new Error('the survivor is not in the inventory');
      await eventually('the rest of Grafana to be gone', async () => (await admin.get('StatefulSet', 'duotel-grafana')) === undefined);
      const pruning = await tries(mark, 'services', 'duotel-grafana');
      await allow();
      await sleep(1500);
      // A person says go on; without that the next try comes by itself, later.
      await admin.patch('TelemetryStack', 'duotel', { metadata: { annotations: { 'duotel.io/reconcile-at': 'now' } } });
      await eventually('the Service to be gone', async () => (await admin.get('Service', 'duotel-grafana')) === undefined, 90);

      const copies = () => admin.list('ConfigMap', 'shop', 'app.kubernetes.io/managed-by=duotel');
      const copy = (await copies())[0]?.metadata.name ?? '';
      allow = await denyDeletion(
        world,
        'configmaps',
        'oldObject.metadata.namespace != "shop"',
        `/api/v1/namespaces/shop/configmaps/${copy}`,
      );
      mark = proxy.passed.length;
      await ACTS.revert(world);
      const template = async (): Promise<string> => JSON.stringify((await admin.get('Deployment', 'my-rag', 'shop'))?.['spec']);
      await eventually('the workload to be as it was', async () => !(await template()).includes('OTEL_'), 90);
      const reverting = await tries(mark, 'configmaps', copy);
      if ((await copies()).length === 0) throw new Error('the policy kept no copy');
      await allow();
      await eventually('the copies to be gone', async () => (await copies()).length === 0, 90);

      allow = await denyDeletion(world, 'services', 'oldObject.metadata.name != "duotel-jaeger"', `${services}/duotel-jaeger`);
      mark = proxy.passed.length;
      await ACTS.delete(world);
      await eventually('the rest to be gone', async () => (await admin.list('StatefulSet', 'duotel')).length === 0, 90);
      const deleting = await tries(mark, 'services', 'duotel-jaeger');
      if ((await admin.get('Service', 'duotel-jaeger')) === undefined) throw new Error('the policy did not keep the Service');
      await allow();
      await settle(world, 'delete', reference.delete, 90);
      const silence = await silent(world);
      return `PruneFailed, survivor in the inventory; ${pruning}, ${reverting} and ${deleting} tries while it was denied; gone after; ${silence}`;
    } finally {
      await allow();
    }
  },
});
