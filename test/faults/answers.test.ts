import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf } from '../../src/control/stack-status.ts';
import { createAuthority } from '../../tools/cluster/certificates.ts';
import { eventually } from '../support/eventually.ts';
import type { ApiRequest } from './support/api-request.ts';
import { status } from './support/fault.ts';
import type { Passed } from './support/fault-proxy.ts';
import { ACTS, describeWrite, journey, type Phase, quiet, settle, silent, uninjected } from './support/journey.ts';
import { anyRequest, firstOfEach, type Match, of, stackStatus, writes } from './support/match.ts';
import { row, useWorld } from './support/row.ts';
import { ALL_CASES } from './support/row-result.ts';
import type { World } from './support/world.ts';

const stage = useWorld();

/** Milliseconds between two tries of the same write, over all writes that were tried again. */
function gaps(passed: readonly Passed[]): readonly number[] {
  const last = new Map<string, Passed>();
  return passed.flatMap((one) => {
    if (!one.write) return [];
    const key = describeWrite(one);
    const before = last.get(key);
    last.set(key, one);
    return before?.fault === 'answer' ? [one.at - before.at] : [];
  });
}

const tooMany = (after?: string) =>
  ({ ...status(429, 'TooManyRequests', 'injected'), ...(after !== undefined && { headers: { 'retry-after': after } }) }) as ReturnType<
    typeof status
  >;

row('E1', 'the API server is asked again no earlier than it says', stage, {
  injected: 'each write answered 429 with Retry-After: 1, once',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    const result = await journey(world, reference, {
      during: (_phase, { proxy }) => void proxy.add({ match: firstOfEach(writes), fault: tooMany('1') }),
      seconds: 120,
    });
    const shortest = Math.min(...gaps(world.proxy.passed));
    if (shortest < 990) throw new Error(`a write came again after ${shortest.toFixed(0)} ms, Retry-After was 1 s`);
    return { ...result, note: `again after ${shortest.toFixed(0)} ms or more` };
  },
});

row('E1', 'a storm of 429 without Retry-After is waited out with few requests', stage, {
  injected: 'everything answered 429 for 60 s while the spec changes',
  cases: ['create', 'update', 'prune', 'delete', 'inject'],
  limit: 400_000,
  run: async ({ world, reference }) => {
    let rate = 0;
    const result = await journey(world, reference, {
      during: (phase, { proxy }) => void proxy.add({ match: phase === 'update' ? anyRequest : firstOfEach(writes, 2), fault: tooMany() }),
      acted: async (phase, { proxy }) => {
        if (phase !== 'update') return;
        const mark = proxy.passed.length;
        await sleep(60_000);
        rate = (proxy.passed.length - mark) / 60;
        proxy.clear();
      },
      seconds: 90,
    });
    if (rate > 10) throw new Error(`${rate.toFixed(1)} requests a second in the storm`);
    return { ...result, note: `${rate.toFixed(1)} requests a second in the storm` };
  },
});

const CODES: Readonly<Record<Phase, number>> = { create: 500, inject: 502, update: 503, prune: 504, revert: 500, delete: 503 };

row('E2', 'answers of 500, 502, 503 and 504 to any verb are got over', stage, {
  injected: 'first request of each verb and object, watches and lists too, answered 5xx',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      during: (phase, { proxy }) => {
        proxy.add({ match: firstOfEach(anyRequest), fault: status(CODES[phase], 'InternalError', 'injected') });
        proxy.cutAll();
      },
      seconds: 60,
    }),
});

row('E2', 'an API server that is away is waited for, and the operator does not end', stage, {
  injected: 'connections refused for 3 s in each phase, for 60 s in update',
  cases: ALL_CASES,
  limit: 400_000,
  run: ({ world, reference }) =>
    journey(world, reference, {
      acted: async (phase, { proxy, operator }) => {
        await proxy.refuse();
        await sleep(phase === 'update' ? 60_000 : 3000);
        if (!operator.running) throw new Error(`the operator ended by ${operator.ending}`);
        await proxy.listen();
      },
      seconds: 60,
    }),
});

row('E3', 'a write whose answer is lost is done once', stage, {
  injected: 'connection reset after each write was carried out, the first time',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    const told = new Map<string, number>();
    const result = await journey(world, reference, {
      during: (_phase, { proxy }) => void proxy.add({ match: firstOfEach(writes), fault: { do: 'lose' } }),
      after: async (phase, { admin }) => {
        if (phase !== 'delete') return;
        for (const namespace of ['duotel', 'shop']) {
          for (const event of await admin.list('Event', namespace)) {
            if ((event['source'] as { component?: string }).component !== 'duotel') continue;
            const about = event['involvedObject'] as { uid: string };
            const key = `${about.uid} ${event['reason']} ${event['message']} ${event['firstTimestamp']}`;
            told.set(key, (told.get(key) ?? 0) + 1);
          }
        }
      },
      seconds: 60,
    });
    const twice = [...told].filter(([, count]) => count > 1);
    if (twice.length > 0) throw new Error(`events written twice: ${twice.map(([key]) => key).join('; ')}`);
    return { ...result, note: `${told.size} events, none twice` };
  },
});

/** A conflict as it is told for each kind of write. */
function conflict(request: ApiRequest): ReturnType<typeof status> {
  if (request.verb === 'create') return status(409, 'AlreadyExists', 'injected: already exists');
  if (stackStatus(request)) return status(409, 'Conflict', 'injected: the object has been modified');
  return status(409, 'Conflict', 'injected: apply failed with 1 conflict', [
    { reason: 'FieldManagerConflict', message: 'conflict with "rival"', field: '.spec' },
  ]);
}

row('E4', 'conflicts on a status, on an apply and on a creation lead to the same end', stage, {
  injected: 'first write of each object answered 409: Conflict, FieldManagerConflict, AlreadyExists',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      during: (_phase, { proxy }) => void proxy.add({ match: firstOfEach(writes), fault: conflict }),
      seconds: 90,
    }),
});

const REFUSALS = {
  validation: status(422, 'Invalid', 'StatefulSet "x" is invalid: spec.replicas: Invalid value: must be non-negative', [
    { reason: 'FieldValueInvalid', message: 'Invalid value: must be non-negative', field: 'spec.replicas' },
  ]),
  admission: status(422, 'Invalid', 'admission webhook "w.example.com" denied the request: field is immutable', [
    { reason: 'FieldValueInvalid', message: 'field is immutable', field: 'spec.x' },
  ]),
  denial: status(403, 'Forbidden', 'admission webhook "w.example.com" denied the request: field is immutable'),
} as const;

row('E5', 'a refusal by validation or admission deletes nothing, and is over when its cause is', stage, {
  injected: 'updates of StatefulSets answered 422 and 403, with "immutable" in the text of an admission denial',
  cases: ['update'],
  run: async ({ world, reference }) => {
    await world.reset();
    await world.restart();
    await ACTS.create(world);
    await settle(world, 'create', reference.create);
    await ACTS.inject(world);
    await settle(world, 'inject', reference.inject);
    for (const fault of Object.values(REFUSALS)) {
      const mark = world.proxy.passed.length;
      const rule = world.proxy.add({ match: of('patch', 'statefulsets'), fault });
      await ACTS.update(world);
      await stalled(world, 'ObjectRefused');
      const deleted = world.proxy.passed.slice(mark).filter(({ request }) => request.verb === 'delete');
      if (deleted.length > 0) throw new Error(`deleted: ${deleted.map(describeWrite).join(', ')}`);
      rule.remove();
      const undo = {
        collector: { resources: { limits: { memory: null } } },
        jaeger: { retention: null },
        injection: { deploymentEnvironment: null },
      };
      await world.admin.patch('TelemetryStack', 'duotel', { spec: undo });
      await eventually('the stack not to be stalled', async () => (await condition(world, 'Stalled'))?.status === 'False', 90);
    }
    await silent(world, 5);
    return '3 refusals, each reported as ObjectRefused, 0 deletions';
  },
});

row('E5', 'an immutable field stalls, and is recreated only when the spec allows it', stage, {
  injected: 'spec.jaeger.storage.size changed: the API server itself refuses',
  cases: ['update'],
  run: async ({ world, reference }) => {
    await world.reset();
    await world.restart();
    await ACTS.create(world);
    await settle(world, 'create', reference.create);
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
    await eventually('the stack not to be stalled', async () => (await condition(world, 'Stalled'))?.status === 'False', 90);
    await quiet(world, 2500);
    await silent(world, 5);
    return 'Immutable reported, 0 deletions; with spec.reconcile.immutable Recreate 1 deletion, 1 creation';
  },
});

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

async function condition({ admin }: World, type: string): Promise<Condition | undefined> {
  const status = (await admin.get('TelemetryStack', 'duotel'))?.['status'] as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions?.find((one) => one.type === type);
}

function stalled(world: World, reason: string): Promise<Condition> {
  return eventually(
    `the stack to be stalled by ${reason}`,
    async () => {
      const found = await condition(world, 'Stalled');
      if (found?.status === 'True' && found.reason === reason) return found;
      throw new Error(JSON.stringify(found));
    },
    90,
  );
}

row('E6', 'a rotated token, removed rights and a rotated CA need no restart', stage, {
  injected: 'inject: old token answered 401; update: ClusterRoleBinding and RoleBinding deleted for 4 s; prune: another CA',
  cases: ALL_CASES,
  limit: 400_000,
  run: async ({ world, reference }) => {
    const bindings = world.base.filter(({ kind }) => kind === 'ClusterRoleBinding' || kind === 'RoleBinding');
    const begun = new Map<Phase, number>();
    const took = new Map<Phase, number>();
    const result = await journey(world, reference, {
      during: async (phase, { proxy, folder, admin }) => {
        begun.set(phase, performance.now());
        if (phase === 'inject') {
          const old = readFileSync(join(folder, 'token'), 'utf8');
          proxy.add({ match: (request) => request.token === old, fault: status(401, 'Unauthorized', 'Unauthorized') });
          proxy.cutAll();
        }
        if (phase === 'update') {
          for (const { kind, metadata } of bindings) await admin.delete(kind, metadata.name, metadata.namespace ?? '');
          proxy.cutAll();
          await sleep(1000);
        }
        if (phase === 'prune') await proxy.trust(nextCa);
      },
      acted: async (phase, here) => {
        await sleep(phase === 'inject' || phase === 'update' || phase === 'prune' ? 3000 : 0);
        if (phase === 'inject') await here.rotateToken();
        if (phase === 'update') for (const binding of bindings) await here.admin.apply(binding);
        if (phase === 'prune') writeFileSync(join(here.folder, 'ca.crt'), nextCa.certificate);
      },
      after: (phase) => void took.set(phase, (performance.now() - (begun.get(phase) ?? 0)) / 1000),
      seconds: 90,
    });
    const figures = (['inject', 'update', 'prune'] as const).map((phase) => `${phase} ${(took.get(phase) ?? 0).toFixed(0)} s`);
    return { ...result, note: `settled after ${figures.join(', ')}` };
  },
});
const nextCa = createAuthority('next-ca');

const POLICY = 'keep-grafana';

row('E7', 'an object whose deletion is denied stays in the inventory, and goes when it may', stage, {
  injected: 'ValidatingAdmissionPolicy that denies DELETE of Grafana’s Service',
  cases: ['prune', 'delete'],
  run: async ({ world, reference }) => {
    const { admin } = world;
    await world.reset();
    await world.restart();
    await ACTS.create(world);
    await settle(world, 'create', reference.create);
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['services'] }];
    const expression = 'oldObject.metadata.name != "duotel-grafana"';
    const api = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: POLICY } };
    try {
      await admin.apply({
        ...api,
        kind: 'ValidatingAdmissionPolicy',
        spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules: rules }, validations: [{ expression, message: 'not this one' }] },
      });
      await admin.apply({ ...api, kind: 'ValidatingAdmissionPolicyBinding', spec: { policyName: POLICY, validationActions: ['Deny'] } });
      await eventually('the policy to hold', async () => {
        const dryRun = await admin.request('DELETE', '/api/v1/namespaces/duotel/services/duotel-grafana?dryRun=All');
        return dryRun.status === 422;
      });
      const mark = world.proxy.passed.length;
      await ACTS.prune(world);
      const told = await eventually(
        'PruneFailed',
        async () => [await condition(world, 'Ready'), await condition(world, 'Stalled')].find((one) => one?.reason === 'PruneFailed'),
        90,
      );
      if (!told.message.includes('not this one')) throw new Error(`the message does not say why: ${told.message}`);
      const inventory = statusOf(
        (await admin.get('TelemetryStack', 'duotel')) ?? { apiVersion: '', kind: '', metadata: { name: '' } },
      ).inventory;
      if (!inventory?.some(({ kind, name }) => kind === 'Service' && name === 'duotel-grafana'))
        throw new Error('the survivor is not in the inventory');
      await eventually('the rest of Grafana to be gone', async () => (await admin.get('StatefulSet', 'duotel-grafana')) === undefined);
      await sleep(5000);
      const tries = world.proxy.passed.slice(mark).filter(({ request }) => of('delete', 'services', 'duotel-grafana')(request)).length;
      if (tries > 12) throw new Error(`${tries} tries to delete it`);
      await admin.delete('ValidatingAdmissionPolicyBinding', POLICY);
      await admin.delete('ValidatingAdmissionPolicy', POLICY);
      await sleep(1500);
      // A person says go on; without that the next try comes by itself, later.
      await admin.patch('TelemetryStack', 'duotel', { metadata: { annotations: { 'duotel.io/reconcile-at': 'now' } } });
      await eventually('the Service to be gone', async () => (await admin.get('Service', 'duotel-grafana')) === undefined, 90);
      await ACTS.delete(world);
      await settle(world, 'delete', uninjected(reference, 'delete'), 90);
      await silent(world, 5);
      return `PruneFailed, survivor in the inventory, ${tries} tries while it was denied; gone after`;
    } finally {
      await admin.delete('ValidatingAdmissionPolicyBinding', POLICY);
      await admin.delete('ValidatingAdmissionPolicy', POLICY);
    }
  },
});

row('E9', 'an API group that is unavailable holds up its own kind only', stage, {
  injected: 'networking.k8s.io answers 503 from the start of a new process on, until the rest is there',
  cases: ['create', 'update'],
  run: async ({ world, reference }) => {
    const { proxy, admin } = world;
    await world.reset();
    const away: Match = ({ url }) => url.startsWith('/apis/networking.k8s.io');
    proxy.add({ match: away, fault: status(503, 'ServiceUnavailable', 'injected: the group is not available') });
    const operator = world.launch();
    await sleep(3000);
    if (!operator.running) throw new Error(`the operator ended by ${operator.ending}`);
    await ACTS.create(world);
    await sleep(4000);
    const meanwhile = (await admin.get('StatefulSet', 'duotel-collector')) !== undefined;
    proxy.clear();
    await settle(world, 'create', reference.create, 90);
    proxy.add({ match: away, fault: status(503, 'ServiceUnavailable', 'injected: the group is not available') });
    proxy.cutAll();
    await ACTS.inject(world);
    await settle(world, 'inject', reference.inject, 90);
    await ACTS.update(world);
    await settle(world, 'update', reference.update, 90);
    proxy.clear();
    await silent(world, 5);
    return `inject and update go on without the group; at the start other kinds are ${meanwhile ? 'made without it' : 'made when it is there'}`;
  },
});

row('E9', 'a CRD that comes late is waited for, and one that is removed comes back', stage, {
  injected: 'CRD deleted before the start, and while the stack runs',
  cases: ['create', 'delete'],
  run: async ({ world, reference }) => {
    const { admin } = world;
    const crd = world.base.find(({ kind }) => kind === 'CustomResourceDefinition');
    if (crd === undefined) throw new Error('dist has no CRD');
    const served = async (): Promise<boolean> =>
      (await admin.request('GET', '/apis/duotel.io/v1alpha1/namespaces/duotel/telemetrystacks')).status === 200;
    await world.reset();
    await admin.delete('CustomResourceDefinition', crd.metadata.name);
    await eventually('the CRD to be gone', async () => !(await served()), 90);
    try {
      const operator = world.launch();
      await sleep(3000);
      if (!operator.running) throw new Error(`the operator ended by ${operator.ending}`);
      await admin.apply(crd);
      await eventually('the CRD to be served', served, 90);
      await ACTS.create(world);
      await settle(world, 'create', reference.create, 90);
      await admin.delete('CustomResourceDefinition', crd.metadata.name);
      await eventually('the CRD to be gone', async () => !(await served()), 90);
      await sleep(3000);
      await admin.apply(crd);
      await eventually('the CRD to be served', served, 90);
      await eventually('the stack to be gone', async () => (await admin.get('TelemetryStack', 'duotel')) === undefined);
      await sleep(12_000);
      await ACTS.create(world);
      await settle(world, 'create', reference.create, 90);
      const endings = world.operators.map(({ ending }) => ending).filter((ending) => ending !== undefined);
      if (endings.length > 0) throw new Error(`the operator ended by ${endings.join(', ')}`);
      await silent(world, 5);
      return 'made after 3 s without CRD, and again after its removal, by the same process';
    } finally {
      await admin.apply(crd);
      await eventually('the CRD to be served', served, 90);
    }
  },
});
