import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { createKubeApi, type RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { proveAll, type Row } from '../support/assertions/rows.ts';
import { auditMark } from '../support/cluster/audit-log.ts';
import { must } from '../support/cluster/installation.ts';
import { settled, writesSince } from '../support/cluster/operator-writes.ts';
import { TemplateHistory } from '../support/cluster/template-history.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { APP, deployment } from '../support/gitops/app.ts';
import { DELIVERIES } from '../support/gitops/deliveries.ts';
import { Twins } from '../support/gitops/twins.ts';
import { withoutOurs } from '../support/gitops/without-ours.ts';
import { eventually } from '../support/time/eventually.ts';

/** What people do by hand to an injected Deployment; beside each one a twin to which the same is done, and which is never annotated. */

const NAMESPACE = 'shop';

const cluster = useInstallation({ namespaces: [NAMESPACE] });
let api: RestKubeApi;
let history: TemplateHistory;
let twins: Twins;
let results: ReadonlyMap<string, unknown>;
let restless: readonly string[];

let serial = 0;
const row = (title: string, prove: (name: string) => Promise<void>): Row => {
  serial += 1;
  const name = `app-${serial}`;
  return { title, prove: () => prove(name) };
};

const COMMANDS: readonly Row[] = [
  row('kubectl set image is one rollout, with ours in it', async (name) => {
    await twins.injected(name);
    await twins.toBoth(name, 'set', 'image', 'deployment/$', 'app=example/app:2');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 1 });
  }),
  row('kubectl set env sets a variable of the owner’s beside ours', async (name) => {
    await twins.injected(name);
    await twins.toBoth(name, 'set', 'env', 'deployment/$', 'ADDED=value');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 1 });
  }),
  row('kubectl scale rolls nothing out', async (name) => {
    await twins.injected(name);
    await twins.toBoth(name, 'scale', 'deployment/$', '--replicas=2');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 0 });
  }),
  row('kubectl rollout restart is one rollout, with ours in it', async (name) => {
    await twins.injected(name);
    await twins.kubectl('rollout', 'restart', `deployment/${name}`, `deployment/${name}-twin`);
    // Both in one call, so that both get the same time.
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 1 });
  }),
  row('kubectl edit changes what the owner edits and nothing else', async (name) => {
    await twins.injected(name);
    for (const one of [name, `${name}-twin`]) await twins.edit(one, 'value: hello', 'value: good morning');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 1 });
  }),
  row('kubectl edit of the annotation changes the mode', async (name) => {
    await twins.injected(name);
    await twins.edit(name, 'duotel.io/backend: both', 'duotel.io/backend: openlit');
    await twins.comesTo(name, { ours: 2, status: 'Injected openlit', theirs: 0 });
  }),
  row('kubectl patch of one type after the other keeps ours', async (name) => {
    await twins.injected(name);
    const image = { spec: { template: { spec: { containers: [{ name: 'app', image: 'example/app:3' }] } } } };
    await twins.toBoth(name, 'patch', 'deployment/$', '--type=strategic', '-p', JSON.stringify(image));
    const grace = { spec: { template: { spec: { terminationGracePeriodSeconds: 10 } } } };
    await twins.toBoth(name, 'patch', 'deployment/$', '--type=merge', '-p', JSON.stringify(grace));
    const policy = [{ op: 'add', path: '/spec/template/spec/hostname', value: 'shop' }];
    await twins.toBoth(name, 'patch', 'deployment/$', '--type=json', '-p', JSON.stringify(policy));
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 3 });
  }),
  row('kubectl rollout undo of an image change keeps ours', async (name) => {
    await twins.injected(name);
    for (const one of [name, `${name}-twin`]) await twins.observed(one);
    await twins.toBoth(name, 'set', 'image', 'deployment/$', 'app=example/app:2');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 1 });
    for (const one of [name, `${name}-twin`]) await twins.observed(one);
    await twins.toBoth(name, 'rollout', 'undo', 'deployment/$');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 2 });
  }),
  row('kubectl rollout undo of the injection itself is undone: the annotation says otherwise', async (name) => {
    await must(cluster, ['apply', '-f', '-'], JSON.stringify(deployment(name, NAMESPACE, { containers: [APP] })));
    await twins.observed(name);
    await twins.injected(name);
    await twins.observed(name);
    await twins.kubectl('rollout', 'undo', `deployment/${name}`);
    await twins.comesTo(name, { ours: 3, status: 'Injected both', theirs: 0 });
  }),
  row('kubectl annotate with a field manager of its own outlives the next apply of Flux', async (name) => {
    const flux = DELIVERIES.find(({ id }) => id === 'flux');
    const objects = [name, `${name}-twin`].map((one) => deployment(one, NAMESPACE, { containers: [APP] }));
    const target = { cluster, namespace: NAMESPACE };
    await flux?.apply(target, objects);
    await twins.kubectl('annotate', '--field-manager=team', `deployment/${name}`, 'duotel.io/backend=both');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 0 });
    expect(await flux?.apply(target, objects)).not.toContain('configured');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 0 });
  }),
  row('kubectl delete and a new creation is injected anew', async (name) => {
    await twins.injected(name);
    await twins.kubectl('delete', 'deployment', name, `${name}-twin`);
    await eventually('both to be gone', async () => [name, `${name}-twin`].every((one) => history.get(NAMESPACE, one) === undefined));
    await twins.injected(name);
  }),
];

const CORRECTIONS: readonly Row[] = [
  row('the record removed by hand is written again, without a rollout', async (name) => {
    await twins.injected(name);
    const before = twins.annotations(name)['duotel.io/injected'];
    await twins.kubectl('annotate', `deployment/${name}`, 'duotel.io/injected-');
    await eventually('the record', async () => twins.annotations(name)['duotel.io/injected'] === before);
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 0 });
  }),
  row('the record overwritten by hand is written again, without a rollout', async (name) => {
    await twins.injected(name);
    const before = twins.annotations(name)['duotel.io/injected'];
    await twins.kubectl('annotate', '--overwrite', `deployment/${name}`, 'duotel.io/injected=nonsense');
    await eventually('the record', async () => twins.annotations(name)['duotel.io/injected'] === before);
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 0 });
  }),
  row('the status removed by hand is written again, without a rollout', async (name) => {
    await twins.injected(name);
    await twins.kubectl('annotate', `deployment/${name}`, 'duotel.io/status-');
    await twins.comesTo(name, { ours: 1, status: 'Injected both', theirs: 0 });
  }),
  row('record and opt-in removed together: the template is what it was', async (name) => {
    await twins.injected(name);
    await twins.kubectl('annotate', `deployment/${name}`, 'duotel.io/injected-', 'duotel.io/backend-', 'duotel.io/status-');
    await twins.comesTo(name, { ours: 2, status: undefined, theirs: 0 });
  }),
  row('a variable of ours that somebody removes is set again', async (name) => {
    await twins.injected(name);
    await twins.kubectl('set', 'env', `deployment/${name}`, 'OTEL_SERVICE_NAME-');
    await eventually('it to be back', async () => twins.variable(name, 'OTEL_SERVICE_NAME') === name);
    await twins.comesTo(name, { ours: 3, status: 'Injected both', theirs: 0 });
  }),
  row('a variable of ours that somebody changes is theirs, and stays so after the opt-out', async (name) => {
    await twins.injected(name);
    await twins.toBoth(name, 'set', 'env', 'deployment/$', 'OTEL_SERVICE_NAME=theirs');
    await eventually('the note', async () => twins.status(name)?.startsWith('Injected both; EnvOwnedByUser'));
    expect(await twins.recordedVariables(name)).not.toContain('OTEL_SERVICE_NAME');
    await twins.kubectl('annotate', `deployment/${name}`, 'duotel.io/backend-');
    await eventually(
      'the revert',
      async () => twins.status(name) === undefined && twins.variable(name, 'OBSERVABILITY_BACKEND') === undefined,
    );
    expect(twins.variable(name, 'OTEL_SERVICE_NAME')).toBe('theirs');
    expect(history.rollouts(NAMESPACE, name)).toBe(3);
  }),
  row('a variable taken over and given back is ours again', async (name) => {
    await twins.injected(name);
    await twins.toBoth(name, 'set', 'env', 'deployment/$', 'OTEL_SERVICE_NAME=theirs');
    await eventually('the note', async () => twins.status(name)?.startsWith('Injected both; EnvOwnedByUser'));
    await twins.toBoth(name, 'set', 'env', 'deployment/$', 'OTEL_SERVICE_NAME-');
    await eventually('it to be back', async () => twins.variable(name, 'OTEL_SERVICE_NAME') === name);
    await twins.comesTo(name, { ours: 2, status: 'Injected both', theirs: 2 });
  }),
  row('two changes of the mode in a moment end in the last one, in two rollouts at most', async (name) => {
    await twins.injected(name);
    await twins.kubectl('annotate', '--overwrite', `deployment/${name}`, 'duotel.io/backend=openlit');
    await twins.kubectl('annotate', '--overwrite', `deployment/${name}`, 'duotel.io/backend=openinference');
    await eventually('the last mode', async () => twins.status(name)?.startsWith('Injected openinference'));
    await twins.comesTo(name, { ours: history.rollouts(NAMESPACE, name), status: 'Injected openinference', theirs: 0 });
    expect(history.rollouts(NAMESPACE, name)).toBeLessThanOrEqual(3);
  }),
  row('a change of the mode and back in a moment ends where it began', async (name) => {
    await twins.injected(name);
    const before = JSON.stringify(history.get(NAMESPACE, name)?.['spec']);
    await twins.kubectl('annotate', '--overwrite', `deployment/${name}`, 'duotel.io/backend=openlit');
    await twins.kubectl('annotate', '--overwrite', `deployment/${name}`, 'duotel.io/backend=both');
    await sleep(1000);
    await eventually('the first mode', async () => JSON.stringify(history.get(NAMESPACE, name)?.['spec']) === before);
    expect([1, 3]).toContain(history.rollouts(NAMESPACE, name));
  }),
  row('a default on the Namespace injects, its removal reverts, and nobody else is touched', async (name) => {
    const team = `team-${name}`;
    await must(cluster, ['create', 'namespace', team]);
    const items = [
      deployment('follows', team, { containers: [APP] }),
      deployment('declines', team, { containers: [APP], annotations: { 'duotel.io/backend': 'none' } }),
    ];
    await must(cluster, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await must(cluster, ['annotate', 'namespace', team, 'duotel.io/backend=both']);
    const told = (): string | undefined => history.get(team, 'follows')?.metadata.annotations?.['duotel.io/status'];
    await eventually('the injection', async () => told()?.startsWith('Injected both'));
    await must(cluster, ['annotate', 'namespace', team, 'duotel.io/backend-']);
    await eventually('the revert', async () => told() === undefined);
    await sleep(800);
    const user = withoutOurs(history.get(team, 'declines') as KubeObject);
    expect(withoutOurs(history.get(team, 'follows') as KubeObject)).toEqual(user);
    expect([history.rollouts(team, 'follows'), history.rollouts(team, 'declines')]).toEqual([2, 0]);
  }),
  row('ten opt-ins and opt-outs leave no residue', async (name) => {
    await twins.injected(name);
    for (let cycle = 0; cycle < 10; cycle += 1) {
      await twins.kubectl('annotate', `deployment/${name}`, 'duotel.io/backend-');
      await eventually('the revert', async () => twins.status(name) === undefined);
      if (cycle < 9) await twins.kubectl('annotate', `deployment/${name}`, 'duotel.io/backend=both');
      if (cycle < 9) await eventually('the injection', async () => twins.status(name) === 'Injected both');
    }
    await twins.comesTo(name, { ours: 20, status: undefined, theirs: 0 });
    await twins.observed(name);
    // All of its ReplicaSets are the two templates that it ever had.
    const sets = await twins.kubectl('get', 'replicasets', '-l', `app=${name}`, '-o', 'name');
    expect(sets.trim().split('\n')).toHaveLength(2);
  }),
];

beforeAll(async () => {
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  history = await TemplateHistory.start(api);
  twins = new Twins(cluster, history, NAMESPACE);
  results = await proveAll([...COMMANDS, ...CORRECTIONS], 6);
  await settled(cluster);
  const mark = auditMark(cluster.auditLog);
  await sleep(5000);
  restless = writesSince(cluster, mark);
}, 2_400_000);

afterAll(async () => {
  history?.stop();
  await api?.close();
});

function holds(title: string): void {
  if (!results.has(title)) throw new Error('was not proven');
  const error = results.get(title);
  if (error !== undefined) throw error;
}

describe('a command on an injected Deployment', () => {
  it.each(COMMANDS)('$title', ({ title }) => holds(title));
});

describe('an injection that somebody works against', () => {
  it.each(CORRECTIONS)('$title', ({ title }) => holds(title));
});

describe('the operator', () => {
  it('writes nothing any more when nobody does anything', () => {
    expect(restless).toEqual([]);
  });
});
