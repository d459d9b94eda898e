import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../../tools/cluster/certificates.ts';
import { eventually } from '../support/time/eventually.ts';
import { ALL_CASES } from './support/case.ts';
import { status } from './support/fault.ts';
import { ACTS, journey, type Phase, settle, silent } from './support/journey.ts';
import type { Match } from './support/match.ts';
import { row, useWorld } from './support/row.ts';

const stage = useWorld();

row('E6', 'a rotated token, removed rights and a rotated CA need no restart', stage, {
  injected: 'inject: old token answered 401; update: ClusterRoleBinding and RoleBinding deleted for 4 s; prune: another CA',
  cases: ALL_CASES,
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
const nextCa = await createAuthority('next-ca');

row('E9', 'an API group that is unavailable holds up its own kind only', stage, {
  injected: 'networking.k8s.io answers 503 from the start of a new process on, until the rest is there, and again while it is taken away',
  cases: ALL_CASES,
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
    const gone = (kind: string, name: string): Promise<boolean> =>
      eventually(`${kind}/${name} to be gone without the group`, async () => (await admin.get(kind, name)) === undefined, 90);
    const back = async (phase: Phase): Promise<void> => {
      proxy.clear();
      await settle(world, phase, reference[phase], 90);
    };
    await ACTS.prune(world);
    await gone('StatefulSet', 'duotel-grafana');
    await back('prune');
    await ACTS.revert(world);
    await settle(world, 'revert', reference.revert, 90);
    proxy.add({ match: away, fault: status(503, 'ServiceUnavailable', 'injected: the group is not available') });
    await ACTS.delete(world);
    await gone('StatefulSet', 'duotel-collector');
    if ((await admin.list('NetworkPolicy', 'duotel')).length === 0) throw new Error('the group was not away');
    await back('delete');
    const silence = await silent(world);
    return `inject, update, prune and delete of the rest go on without the group; at the start other kinds are ${meanwhile ? 'made without it' : 'made when it is there'}; ${silence}`;
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
      const silence = await silent(world);
      return `made after 3 s without CRD, and again after its removal, by the same process; ${silence}`;
    } finally {
      await admin.apply(crd);
      await eventually('the CRD to be served', served, 90);
    }
  },
});
