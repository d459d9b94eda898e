import { beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import type { Explanation } from '../../src/explain/explain.ts';
import type { BarePod } from '../../src/survey/bare-pods.ts';
import { auditEvents, auditMark } from '../support/cluster/audit-log.ts';
import { must, tokenKubeconfig } from '../support/cluster/installation.ts';
import { podsOf } from '../support/cluster/pods.ts';
import { useControlPlane } from '../support/cluster/use-control-plane.ts';
import { cli } from '../support/processes/cli.ts';
import { eventually } from '../support/time/eventually.ts';

/** What the commands tell of Pods that no workload makes, beside the real controllers that make Pods. No operator is needed for it. */
const NAMESPACE = 'batch';
const ASKS = 'annotations: {duotel.io/backend: both}';
const cluster = useControlPlane();

const template = (app: string, metadata: string, restartPolicy = 'Always'): string =>
  `{metadata: {labels: {app: ${app}}, ${metadata}}, spec: {restartPolicy: ${restartPolicy}, containers: [{name: app, image: "app:1"}]}}`;
const selecting = (app: string): string => `selector: {matchLabels: {app: ${app}}}`;
const object = (apiVersion: string, kind: string, name: string, metadata: string, spec: string): string =>
  `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: ${name}, labels: {app: ${name}}, ${metadata}}, spec: ${spec}}`;
const OBJECTS = [
  object('v1', 'Pod', 'bare', ASKS, '{containers: [{name: app, image: "app:1"}]}'),
  object('v1', 'Pod', 'ended', ASKS, '{restartPolicy: Never, containers: [{name: app, image: "app:1"}]}'),
  object('v1', 'Pod', 'debug', '', '{containers: [{name: app, image: "app:1"}]}'),
  object('apps/v1', 'ReplicaSet', 'set', '', `{replicas: 2, ${selecting('set')}, template: ${template('set', ASKS)}}`),
  object('batch/v1', 'Job', 'once', ASKS, `{template: ${template('once', '', 'Never')}}`),
  object(
    'batch/v1',
    'CronJob',
    'nightly',
    ASKS,
    `{schedule: "0 0 1 1 *", jobTemplate: {metadata: {${ASKS}}, spec: {template: ${template('nightly', ASKS, 'Never')}}}}`,
  ),
  object('apps/v1', 'Deployment', 'web', ASKS, `{replicas: 2, ${selecting('web')}, template: ${template('web', ASKS)}}`),
  object('apps/v1', 'StatefulSet', 'store', '', `{serviceName: x, ${selecting('store')}, template: ${template('store', ASKS)}}`),
];
// What `duotel status` reads, but for the kinds that make Pods by themselves.
const READER = `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: reader}, rules: [
  {apiGroups: [apps], resources: [deployments, statefulsets, daemonsets], verbs: [get, list]},
  {apiGroups: [batch], resources: [cronjobs], verbs: [get, list]},
  {apiGroups: [duotel.io], resources: [telemetrystacks], verbs: [get, list]}]}`;

async function json<T>(...args: readonly string[]): Promise<T> {
  const { stdout, stderr } = await cli([...args, '-n', NAMESPACE, '-o', 'json'], { kubeconfig: cluster.kubeconfig });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
interface Report {
  readonly barePods: readonly BarePod[];
  readonly notes: readonly string[];
}
const told = ({ barePods }: Report): readonly string[] => barePods.map(({ kind, name, asked }) => `${kind}/${name} by ${asked}`);
const ANNOTATED = ['Job/once by itself', 'Pod/bare by itself', 'ReplicaSet/set by pods'];

beforeAll(async () => {
  await must(cluster, ['apply', '-f', 'crds/telemetrystack.yaml']);
  await must(cluster, ['create', 'namespace', NAMESPACE]);
  await eventually('its service account', async () => must(cluster, ['get', 'serviceaccount/default', '-n', NAMESPACE]));
  await must(cluster, ['apply', '-n', NAMESPACE, '-f', '-'], OBJECTS.join('\n---\n'));
  await must(cluster, ['create', 'job', 'by-hand', '-n', NAMESPACE, '--from=cronjob/nightly']);
  await must(cluster, [
    'patch',
    'pod/ended',
    '-n',
    NAMESPACE,
    '--subresource=status',
    '--type=merge',
    '-p',
    '{"status":{"phase":"Succeeded"}}',
  ]);
  const pods: readonly (readonly [string, number])[] = [
    ['set', 2],
    ['once', 1],
    ['nightly', 1],
    ['web', 2],
    ['store', 1],
  ];
  for (const [app, count] of pods) {
    await eventually(`the pods of ${app}`, async () => (await podsOf(cluster, NAMESPACE, app)).length === count);
  }
});

describe('a Pod, ReplicaSet or Job that is annotated and that no workload makes', () => {
  it('is told by duotel status, and those that a workload makes are not', async () => {
    const report = await json<Report>('status');
    expect([told(report), report.notes]).toEqual([ANNOTATED, []]);
    expect(new Set(report.barePods.map(({ reason }) => reason))).toEqual(new Set(['UnsupportedKind']));
  });

  it('is told by duotel plan, by its labels', async () => {
    expect(told(await json<Report>('plan'))).toEqual(ANNOTATED);
    expect(told(await json<Report>('plan', '-l', 'app=bare'))).toEqual(['Pod/bare by itself']);
  });

  it('costs the cluster one list of each kind, no watch and no write', async () => {
    const mark = auditMark(cluster.auditLog);
    await json<Report>('status');
    const requests = auditEvents(cluster.auditLog, mark)
      .filter(({ userAgent, resource }) => userAgent === 'duotel' && resource !== '')
      .map(({ verb, resource }) => `${verb} ${resource}`);
    expect(requests.filter((one) => !one.startsWith('list '))).toEqual(['get namespaces']);
    expect(requests).toEqual(expect.arrayContaining(['list pods', 'list replicasets', 'list replicationcontrollers', 'list jobs']));
    expect(new Set(requests).size).toBe(requests.length);
  });
});

describe('a Namespace with a default', () => {
  it('asks of what is bare in it too, and a none there is obeyed', async () => {
    await must(cluster, ['annotate', `namespace/${NAMESPACE}`, 'duotel.io/backend=openlit']);
    expect(told(await json<Report>('status'))).toEqual([
      'Job/once by itself',
      'Pod/bare by itself',
      'Pod/debug by namespace',
      'ReplicaSet/set by pods',
    ]);
    await must(cluster, ['annotate', 'pod/debug', '-n', NAMESPACE, 'duotel.io/backend=none']);
    expect(told(await json<Report>('status'))).toEqual(ANNOTATED);
    await must(cluster, ['annotate', `namespace/${NAMESPACE}`, 'duotel.io/backend-']);
  });
});

describe('duotel explain', () => {
  const nameOf = async (app: string): Promise<string> => (await podsOf(cluster, NAMESPACE, app))[0]?.metadata.name ?? '';

  it('explains of a Pod the workload that makes it', async () => {
    const pod = await nameOf('web');
    expect(await json<Explanation>('explain', `pod/${pod}`)).toMatchObject({
      object: `Deployment/${NAMESPACE}/web`,
      makes: `Pod/${NAMESPACE}/${pod}`,
      outcome: { reason: 'WaitingForStack' },
      next: 'status',
    });
    expect(await json<Explanation>('explain', 'job/by-hand')).toMatchObject({ object: `CronJob/${NAMESPACE}/nightly` });
  });

  it.each([
    ['pod/bare', 'workload', /^Pod bare .*make it a Deployment/],
    ['rs/set', 'pod template', /^ReplicaSet set .*make it a Deployment/],
    ['job/once', 'workload', /^Job once .*make it a CronJob/],
  ])('says of %s what it should be instead', async (name, from, message) => {
    expect(await json<Explanation>('explain', name)).toMatchObject({
      outcome: { state: 'blocked', reason: 'UnsupportedKind', message: expect.stringMatching(message) },
      settings: [{ annotation: 'duotel.io/backend', value: 'both', from }],
      next: 'none',
    });
  });
});

describe('a user who may not list Pods', () => {
  it('gets the status all the same, with a note', async () => {
    await must(cluster, ['apply', '-f', '-'], READER);
    await must(cluster, ['create', 'serviceaccount', 'reader', '-n', NAMESPACE]);
    await must(cluster, ['create', 'clusterrolebinding', 'reader', '--clusterrole=reader', `--serviceaccount=${NAMESPACE}:reader`]);
    const kubeconfig = await tokenKubeconfig(cluster, 'reader', NAMESPACE);
    // The API server heeds a binding some time after it has taken it.
    const as = `--as=system:serviceaccount:${NAMESPACE}:reader`;
    await eventually('its rights', async () => (await cluster.kubectl(['auth', 'can-i', 'list', 'cronjobs.batch', '-A', as])).code === 0);
    const { stdout, stderr } = await cli(['status', '-n', NAMESPACE, '-o', 'json'], { kubeconfig });
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as Report & { readonly workloads: readonly KubeObject[] };
    expect(report.workloads).toMatchObject([{ name: 'web' }, { name: 'store' }, { name: 'nightly' }]);
    expect([report.barePods, report.notes]).toEqual([
      [],
      [
        `defaults by Namespaces were not looked at: you may not get namespace ${NAMESPACE}`,
        ...['ReplicaSet', 'ReplicationController', 'Job', 'Pod'].map(
          (kind) => `bare ${kind}s were not looked at: you may not list ${kind.toLowerCase()}s in namespace ${NAMESPACE}`,
        ),
      ],
    ]);
  });
});
