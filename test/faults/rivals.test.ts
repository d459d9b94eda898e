import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../api/kube-object.ts';
import { statusOf } from '../../api/stack-status.ts';
import { eventually } from '../support/time/eventually.ts';
import { Slowest } from '../support/time/slowest.ts';
import { path } from './support/admin.ts';
import { conditions } from './support/conditions.ts';
import { APP, app, injected, installed, statusLine } from './support/installed.ts';
import { ACTS, describeWrite, quiet, settle, silent } from './support/journey.ts';
import { objectWrites, of, watches } from './support/match.ts';
import { row, useWorld } from './support/row.ts';
import { stackObjects } from './support/snapshot.ts';
import { everyValue, noTelemetry, rewritingWebhook } from './support/webhook.ts';
import { type World, workload } from './support/world.ts';

const stage = useWorld();

/** Patches of the pod template since the mark that were carried out: each is a rollout. */
const templatesSince = (world: World, mark: number): number =>
  world.proxy.passed
    .slice(mark)
    .filter(({ request, status }) => status === 200 && of('patch', 'deployments', APP)(request) && request.body.includes('"template"'))
    .length;

const writesSince = (world: World, mark: number): number =>
  world.proxy.passed.slice(mark).filter(({ request }) => objectWrites(request)).length;

row('E8', 'a webhook that rewrites our field at each write is written to a few times, and reported', stage, {
  injected: 'a real MutatingWebhookConfiguration that sets data.note of a ConfigMap of ours back at each write',
  cases: ['update'],
  run: async (at) => {
    const { world } = at;
    await installed(at);
    const webhook = await rewritingWebhook(world.admin, everyValue('duotel-prometheus'));
    try {
      const mark = world.proxy.passed.length;
      await ACTS.update(world);
      await world.admin.patch('ConfigMap', 'duotel-prometheus', { metadata: { annotations: { touched: 'yes' } } });
      const told = await eventually(
        'a condition that names the object',
        async () =>
          (await conditions(world)).find(
            ({ message, status, type }) => message.includes('duotel-prometheus') && (type === 'Stalled') === (status === 'True'),
          ),
        90,
      );
      await sleep(5000);
      const tried = world.proxy.passed
        .slice(mark)
        .filter((one) => one.write && describeWrite(one).endsWith('configmaps duotel/duotel-prometheus')).length;
      if (tried > 5) throw new Error(`${tried} writes of one object`);
      if (webhook.calls === 0) throw new Error('the webhook was not called');
      const silence = await silent(world);
      return `${tried} writes of the object, then ${told.reason}; ${silence}`;
    } finally {
      await webhook.remove();
    }
  },
});

row('E8', 'a webhook that takes our variables out at each write is given in to after a few rollouts', stage, {
  injected: 'a real MutatingWebhookConfiguration that removes each OTEL_ variable of a Deployment at each write',
  cases: ['inject'],
  run: async (at) => {
    const { world } = at;
    await installed(at);
    const webhook = await rewritingWebhook(world.admin, noTelemetry(APP));
    try {
      const mark = world.proxy.passed.length;
      await ACTS.inject(world);
      await eventually('the workload to say Contested', async () => (await statusLine(world)).includes('Contested'), 90);
      await quiet(world, 2000);
      const tried = templatesSince(world, mark);
      if (tried > 6) throw new Error(`${tried} writes of one template`);
      if (webhook.calls === 0) throw new Error('the webhook was not called');
      const silence = await silent(world);
      await webhook.remove();
      await ACTS.revert(world);
      await eventually('nothing of ours to be left', async () => !JSON.stringify(await app(world)).includes('duotel.io/injected'), 90);
      return `${tried} writes of the template, then Contested; ${silence}`;
    } finally {
      await webhook.remove();
    }
  },
});

row('F1', 'every object that a person deletes is back within 5 s, and so is every label', stage, {
  injected: 'each object of the stack deleted, and robbed of its label, one after the other; StatefulSets once more with a late watch',
  cases: ['create', 'update'],
  run: async (at) => {
    const { world, reference } = at;
    await installed(at);
    const objects = await stackObjects(world.admin);
    const slowest = new Slowest(5);
    for (const { kind, metadata } of objects) {
      const { name, uid } = metadata;
      await world.admin.delete(kind, name);
      await slowest.wait(`${kind}/${name} to be there again`, async () => {
        const now = (await world.admin.get(kind, name))?.metadata;
        return now !== undefined && now.uid !== uid && now.deletionTimestamp === undefined;
      });
    }
    const rob = async ({ kind, metadata: { name } }: KubeObject): Promise<void> => {
      await world.admin.patch(kind, name, { metadata: { labels: { 'duotel.io/stack': null } } });
      await slowest.wait(
        `${kind}/${name} to have its label`,
        async () => (await world.admin.get(kind, name))?.metadata.labels?.['duotel.io/stack'] === 'duotel',
      );
    };
    for (const object of objects) await rob(object);
    // Without its label a StatefulSet is taken for a workload, and the event of our repair comes after its answer.
    world.proxy.add({ match: watches('statefulsets'), fault: { do: 'stream', line: ({ text }) => [{ wait: 300 }, text] } });
    world.proxy.endWatches();
    for (const object of objects.filter(({ kind }) => kind === 'StatefulSet')) await rob(object);
    await settle(world, 'create', reference.create, 90);
    const silence = await silent(world);
    return `${objects.length} objects deleted and edited, slowest repair ${slowest}; ${silence}`;
  },
});

row('F1', 'whatever a person takes out of an injected workload is back within 5 s', stage, {
  injected: 'each copy deleted, then record, status and one variable removed, one after the other',
  cases: ['inject'],
  run: async (at) => {
    const { world, reference } = at;
    const { admin } = world;
    await injected(at);
    const whole = JSON.stringify(reference.inject.state[`Deployment/shop/${APP}`]);
    const slowest = new Slowest(5);
    const copies = await admin.list('ConfigMap', 'shop', 'app.kubernetes.io/managed-by=duotel');
    for (const { metadata } of copies) {
      await admin.delete('ConfigMap', metadata.name, 'shop');
      await slowest.wait(`ConfigMap/${metadata.name} to be there again`, async () => {
        const now = (await admin.get('ConfigMap', metadata.name, 'shop'))?.metadata.uid;
        return now !== undefined && now !== metadata.uid;
      });
    }
    for (const annotation of ['duotel.io/injected', 'duotel.io/status']) {
      await admin.patch('Deployment', APP, { metadata: { annotations: { [annotation]: null } } }, 'shop');
      await slowest.wait(
        `${annotation} to be there again`,
        async () => (await app(world)).metadata.annotations?.[annotation] !== undefined,
      );
    }
    const variable = /OTEL_EXPORTER_OTLP_ENDPOINT/;
    if (!variable.test(whole)) throw new Error('the variable to be removed is not injected');
    const env = [{ name: variable.source, $patch: 'delete' }];
    const patch = { spec: { template: { spec: { containers: [{ name: 'app', env }] } } } };
    const where = path('Deployment', 'shop', APP);
    const { status } = await admin.request('PATCH', where, patch, 'application/strategic-merge-patch+json');
    if (status !== 200) throw new Error(`removing the variable: ${status}`);
    await slowest.wait('the variable to be there again', async () => variable.test(JSON.stringify((await app(world))['spec'])));
    await quiet(world, 1000);
    const silence = await silent(world);
    return `${copies.length} copies, record, status and a variable; slowest repair ${slowest}; ${silence}`;
  },
});

row('F2', 'a controller that applies the same field ten times a second is not fought with', stage, {
  injected: 'image of the collector applied with force by "rival" at 10 Hz for 15 s',
  cases: ['update'],
  run: async (at) => {
    const { world } = at;
    await installed(at);
    const mark = world.proxy.passed.length;
    const collector = (await world.admin.get('StatefulSet', 'duotel-collector')) as unknown as {
      readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [{ readonly image: string }] } } };
    };
    const ours = collector.spec.template.spec.containers[0].image;
    const rival = (image: string): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'duotel-collector', namespace: 'duotel' },
      spec: { template: { spec: { containers: [{ name: 'collector', image }] } } },
    });
    let named = false;
    let applied = 0;
    const end = performance.now() + 15_000;
    let writes = 0;
    // Longer where the operator has not said so by then: a status waits its turn on a busy machine.
    for (; performance.now() < end || (!named && performance.now() < end + 30_000); applied += 1) {
      await world.admin.apply(rival('rival/image:1'), 'rival');
      if (performance.now() < end) writes = writesSince(world, mark);
      if (applied % 10 === 0) named ||= (await conditions(world)).some(({ message }) => message.includes('rival'));
      await sleep(90);
    }
    // The rival gives up, and takes nothing along.
    await world.admin.apply(rival(ours), 'rival');
    await world.admin.patch('TelemetryStack', 'duotel', { metadata: { annotations: { 'duotel.io/reconcile-at': 'after' } } });
    await eventually(
      'our image',
      async () => !JSON.stringify((await world.admin.get('StatefulSet', 'duotel-collector'))?.['spec']).includes('rival/image'),
      90,
    );
    // The rival itself has set our image by now: taken away before it was handled, the annotation would ask for nothing.
    await eventually(
      'the reconcile to be handled',
      async () => {
        const live = await world.admin.get('TelemetryStack', 'duotel');
        return live !== undefined && statusOf(live).lastHandledReconcileAt === 'after';
      },
      90,
    );
    await world.admin.patch('TelemetryStack', 'duotel', { metadata: { annotations: { 'duotel.io/reconcile-at': null } } });
    if (writes > 60) throw new Error(`${writes} writes in 15 s against a rival`);
    if (!named) throw new Error(`no condition names the rival: ${JSON.stringify(await conditions(world))}`);
    await quiet(world, 2000);
    const silence = await silent(world);
    return `${writes} writes against ${applied} of the rival, which a condition names; ours in the end; ${silence}`;
  },
});

row('F2', 'a controller that applies a variable of ours ten times a second has it, and is told of', stage, {
  injected: 'OTEL_EXPORTER_OTLP_ENDPOINT of the workload applied with force by "rival" at 10 Hz for 8 s',
  cases: ['inject'],
  run: async (at) => {
    const { world } = at;
    await injected(at);
    const mark = world.proxy.passed.length;
    const labels = { app: APP };
    const env = [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://rival:4318' }];
    const rival: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: APP, namespace: 'shop' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'app', env }] } } },
    };
    for (let i = 0; i < 80; i += 1) {
      await world.admin.apply(rival, 'rival');
      await sleep(90);
    }
    const rollouts = templatesSince(world, mark);
    const writes = writesSince(world, mark);
    if (writes > 8) throw new Error(`${writes} writes in 8 s against a rival`);
    const now = await app(world);
    if (!JSON.stringify(now['spec']).includes('http://rival:4318')) throw new Error('a value of somebody else was overwritten');
    await eventually('the status to name the variable', async () => {
      const line = await statusLine(world);
      if (!line.includes('OTEL_EXPORTER_OTLP_ENDPOINT')) throw new Error(`the status does not name the variable: ${line}`);
      return true;
    });
    await quiet(world, 1000);
    const silence = await silent(world);
    return `${writes} writes, ${rollouts} of the template, against 80 of the rival, whose value stays and is named in the status; ${silence}`;
  },
});

row('F3', 'a namespace that is being deleted and an object that a finalizer holds cause no spinning', stage, {
  injected: 'injected workload in a Terminating namespace; Service held by a foreign finalizer',
  cases: ['inject', 'delete'],
  run: async (at) => {
    const { world, reference } = at;
    const { admin } = world;
    await installed(at);
    await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'leaving' } });
    const { spec, ...app } = workload('held');
    await admin.create({ ...app, metadata: { name: 'held', namespace: 'leaving', finalizers: ['example.com/wait'] }, spec });
    await admin.delete('Namespace', 'leaving', '');
    await eventually(
      'the namespace to be terminating',
      async () => (await admin.get('Namespace', 'leaving', ''))?.metadata.deletionTimestamp !== undefined,
    );
    const mark = world.proxy.passed.length;
    await admin.patch(
      'Deployment',
      'held',
      { metadata: { annotations: { 'duotel.io/backend': 'both', 'duotel.io/bootstrap': 'python' } } },
      'leaving',
    );
    await admin.patch('Service', 'duotel-jaeger', { metadata: { finalizers: ['example.com/wait'] } });
    await admin.delete('Service', 'duotel-jaeger');
    await sleep(8000);
    const writes = writesSince(world, mark);
    if (writes > 12) throw new Error(`${writes} writes in 8 s`);
    await eventually(
      'a condition that says what holds the Service',
      async () => {
        const told = await conditions(world);
        if (told.some(({ message }) => message.includes('duotel-jaeger') && message.includes('example.com/wait'))) return true;
        throw new Error(JSON.stringify(told));
      },
      60,
    );
    // The age of what is held is told to the minute: a status may be due, and nothing else.
    const held = world.proxy.passed.length;
    await sleep(5000);
    const during = world.proxy.passed.slice(held).filter(({ request }) => objectWrites(request));
    if (during.length > 1 || during.some(({ request }) => request.subresource !== 'status'))
      throw new Error(`writes while nothing can be done: ${during.map(describeWrite).join('; ')}`);
    await admin.patch('Deployment', 'held', { metadata: { finalizers: null } }, 'leaving');
    await admin.patch('Service', 'duotel-jaeger', { metadata: { finalizers: null } });
    await settle(world, 'create', reference.create, 90);
    await eventually('the namespace to be gone', async () => (await admin.get('Namespace', 'leaving', '')) === undefined, 90);
    await quiet(world, 2000);
    return `${writes} writes in 8 s, then ${during.length} in 5 s; the condition names the finalizer; once it is gone ${await silent(world)}`;
  },
});
