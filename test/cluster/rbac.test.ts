import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { CLUSTER_RULES, NAMESPACE_RULES } from '../../charts/operator-rbac.ts';
import { OPERATOR_USER } from '../../tools/scale/audit-reader.ts';
import { createRolloutCrd } from '../support/cluster/argo-crd.ts';
import { auditEvents } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { podsOf, sayCrashed, sayReady } from '../support/cluster/pods.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

const cluster = useInstallation({ clientSide: true, operator: { leaderElect: true } });

const pod = '{metadata: {labels: {app: x}}, spec: {restartPolicy: RESTART, containers: [{name: app, image: "app:1"}]}}';
const always = pod.replace('RESTART', 'Always');
const workloads = [
  `{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchLabels: {app: x}}, template: ${always}}}`,
  `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x}, spec: {serviceName: x, selector: {matchLabels: {app: x}}, template: ${always}}}`,
  `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x}, spec: {selector: {matchLabels: {app: x}}, template: ${always}}}`,
  `{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {schedule: "0 0 1 1 *", jobTemplate: {spec: {template: ${pod.replace('RESTART', 'Never')}}}}}`,
  `{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: x}, spec: {selector: {matchLabels: {app: x}}, template: ${always}}}`,
];
const KINDS = 'deployment/x,statefulset/x,daemonset/x,cronjob/x,rollouts.argoproj.io/x'.split(',');
const injected = async (what: string): Promise<boolean> =>
  (await getObject<KubeObject>(cluster, what, 'default'))?.metadata.annotations?.['duotel.io/injected'] !== undefined;

/** `verb resource` of each request; a patch that made an object needs the right to create as well. */
function used(): ReadonlySet<string> {
  const own = auditEvents(cluster.auditLog).filter(
    // Whoever is authenticated may ask what it may do: no right of ours.
    ({ user, resource, code }) => user === OPERATOR_USER && !['', 'selfsubjectaccessreviews'].includes(resource) && code < 300,
  );
  return new Set(
    own.flatMap(({ verb, resource, subresource, code }) => {
      const what = subresource === '' ? resource : `${resource}/${subresource}`;
      return [`${verb} ${what}`, ...(verb === 'patch' && code === 201 ? [`create ${what}`] : [])];
    }),
  );
}

describe('the rights of the operator', () => {
  it('are all used in the life of a stack and of a workload of each kind, and no other is', async () => {
    await createRolloutCrd(cluster);
    await must(cluster, ['apply', '-n', 'default', '-f', '-'], workloads.join('\n---\n'));
    // With an available pod: the operator then looks at the pods of its rollout.
    await eventually('available pods', async () => {
      await sayReady(cluster, 'default', 'x');
      const available = await Promise.all(
        ['deployment/x', 'statefulset/x'].map((what) =>
          getObject<KubeObject & { status: { availableReplicas?: number } }>(cluster, what, 'default'),
        ),
      );
      return available.every((live) => live?.status.availableReplicas === 1);
    });
    for (const what of KINDS) {
      await must(cluster, ['annotate', what, '-n', 'default', 'duotel.io/backend=both']);
      await eventually(`${what} to be injected`, () => injected(what));
    }
    await eventually('the pods of a rollout to be listed', async () => used().has('list pods'));
    // The StatefulSet's pod crashes: it is taken back, and the pod that nothing else would replace is deleted.
    const crashed = async (): Promise<readonly KubeObject[]> =>
      (await podsOf(cluster, 'default', 'x')).filter(
        (one) => one.metadata.name === 'x-0' && JSON.stringify(one['spec']).includes('OBSERVABILITY_BACKEND'),
      );
    await sayCrashed(cluster, await eventually('its injected pod', async () => (await crashed()).length > 0 && crashed()));
    await eventually('the pod to be deleted', async () => used().has('delete pods'));
    for (const what of KINDS) {
      await must(cluster, ['annotate', what, '-n', 'default', 'duotel.io/backend-']);
      await eventually(`${what} to be reverted`, async () => !(await injected(what)));
    }
    // By the Namespace, the operator reads each workload that it has kept a stub of.
    await must(cluster, ['annotate', 'namespace/default', 'duotel.io/backend=both']);
    for (const what of KINDS) await eventually(`${what} to be injected`, () => injected(what));
    await must(cluster, ['annotate', 'namespace/default', 'duotel.io/backend-']);
    for (const what of KINDS) await eventually(`${what} to be reverted`, async () => !(await injected(what)));
    for (const what of ['statefulset', 'service', 'serviceaccount', 'networkpolicy']) {
      await must(cluster, ['delete', what, 'duotel-jaeger', '-n', 'duotel']);
      await eventually(`${what} to be back`, () => getObject(cluster, `${what}/duotel-jaeger`));
    }
    await must(cluster, ['label', 'serviceaccount/duotel-jaeger', '-n', 'duotel', 'duotel.io/stack-']);
    await must(cluster, ['delete', 'tstack/duotel', '-n', 'duotel']);
    await eventually('the stack to be gone', async () => (await getObject(cluster, 'networkpolicy/duotel-jaeger')) === undefined);

    await cluster.startOperator();
    await eventually('the lease to be ours again', async () => cluster.operator.log.some(({ message }) => message === 'the lease is ours'));

    const granted = [...CLUSTER_RULES, ...NAMESPACE_RULES].flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    );
    const wanted = new Set(granted);
    await eventually('each right to be used', async () => expect([...wanted].filter((one) => !used().has(one)).sort()).toEqual([]) ?? true);
    expect([...used()].filter((one) => !wanted.has(one)).sort()).toEqual([]);
  });

  it('were enough: no request was refused', () => {
    expect(auditEvents(cluster.auditLog).filter(({ user, code }) => user === OPERATOR_USER && code === 403)).toEqual([]);
  });
});
