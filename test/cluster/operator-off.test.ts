import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { appsIn } from '../support/cluster/apps.ts';
import { auditMark } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { writesSince } from '../support/cluster/operator-writes.ts';
import { podsOf, sayReady } from '../support/cluster/pods.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

/** Apps while the operator is off, and all that belongs to it is deleted; the kubelet's part is written by the test. */

const NAMESPACE = 'shop';
const ASKS = 'annotations: {duotel.io/backend: both, duotel.io/bootstrap: python}';
const cluster = useInstallation({ namespaces: [NAMESPACE], clientSide: true });

// A mount of its own, so that the bootstrap's files can be mounted beside it.
const POD = 'volumes: [{name: tmp, emptyDir: {}}], containers: [{name: app, image: "app:1", volumeMounts: [{name: tmp, mountPath: /tmp}]}]';
const deploymentOf = (name: string): string =>
  `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, ${ASKS}}, spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {${POD}}}}}`;
const CRON_JOB = `{apiVersion: batch/v1, kind: CronJob, metadata: {name: index, ${ASKS}}, spec: {schedule: "0 0 1 1 *", suspend: true, jobTemplate: {spec: {template: {metadata: {labels: {app: index}}, spec: {restartPolicy: Never, ${POD}}}}}}}`;

const { get, kubectl } = appsIn(cluster, NAMESPACE);
const holdsVariables = (object: KubeObject): boolean => /OBSERVABILITY_BACKEND.*PYTHONPATH/s.test(JSON.stringify(object['spec']));

/** Waits for a Deployment that is rolled out, with all pods of its present template available. */
async function settled(name: string): Promise<readonly KubeObject[]> {
  return eventually(`${name} to be rolled out`, async () => {
    await sayReady(cluster, NAMESPACE, name);
    const { metadata, spec, status } = await get(name);
    const { availableReplicas = 0, updatedReplicas = 0, replicas = 0 } = status;
    const pods = await podsOf(cluster, NAMESPACE, name);
    const isCurrent = status.observedGeneration === metadata.generation;
    return isCurrent && [availableReplicas, updatedReplicas, replicas, pods.length].every((count) => count === spec.replicas) && pods;
  });
}

beforeAll(async () => {
  await must(cluster, ['apply', '-n', NAMESPACE, '-f', '-'], [deploymentOf('my-rag'), CRON_JOB].join('\n---\n'));
  await eventually('my-rag to be injected', async () => holdsVariables(await get('my-rag')));
  await eventually('the CronJob to be injected', async () => {
    const live = await getObject<KubeObject>(cluster, 'cronjob/index', NAMESPACE);
    return live !== undefined && holdsVariables(live);
  });
  await settled('my-rag');
  await cluster.stopOperator();
  await must(cluster, ['delete', '-f', join(cluster.dist, '10-operator.k8s.yaml')]);
});

describe('without an operator', () => {
  it('there is nothing of it: no program, no rights, and no webhook that anything could wait for', async () => {
    const left = await must(cluster, ['get', 'deployments,serviceaccounts,roles,rolebindings,configmaps', '-n', 'duotel', '-o', 'name']);
    expect(left).not.toContain('duotel-operator');
    const rights = await must(cluster, ['get', 'clusterroles,clusterrolebindings', '-o', 'name']);
    expect(rights).not.toContain('duotel');
    const webhooks = 'validatingwebhookconfigurations,mutatingwebhookconfigurations';
    expect(await must(cluster, ['get', webhooks, '-o', 'name'])).toBe('');
  });

  it('an injected Deployment scales up, and its new pods have the variables', async () => {
    await kubectl('scale', 'deployment/my-rag', '--replicas=3');
    const pods = await settled('my-rag');
    expect(pods.map(holdsVariables)).toEqual([true, true, true]);
  });

  it('it rolls to another image, and the new pods have the variables', async () => {
    await kubectl('set', 'image', 'deployment/my-rag', 'app=app:2');
    const pods = await settled('my-rag');
    expect(pods.map((pod) => JSON.stringify(pod['spec']).includes('"image":"app:2"') && holdsVariables(pod))).toEqual([true, true, true]);
  });

  it('a pod that is deleted is replaced by one with the variables', async () => {
    const [first] = await podsOf(cluster, NAMESPACE, 'my-rag');
    await kubectl('delete', `pod/${first?.metadata.name}`, '--grace-period=0', '--force');
    const pods = await settled('my-rag');
    expect(pods.map(({ metadata }) => metadata.name)).not.toContain(first?.metadata.name);
    expect(pods.map(holdsVariables)).toEqual([true, true, true]);
  });

  it('the files that pods mount are in their own namespace, and stay', async () => {
    const files = (await kubectl('get', 'configmaps', '-l', 'duotel.io/files', '-o', 'name')).trim().split('\n');
    const mounted = JSON.stringify((await get('my-rag')).spec.template);
    expect(files.map((name) => mounted.includes(`"name":"${name.replace('configmap/', '')}"`))).toEqual([true, true]);
  });

  it('a Job made from an injected CronJob that is suspended has the variables', async () => {
    await kubectl('create', 'job', 'once', '--from=cronjob/index');
    const pods = await eventually('its pod', async () => {
      const found = await podsOf(cluster, NAMESPACE, 'index');
      return found.length > 0 && found;
    });
    expect(pods.map(holdsVariables)).toEqual([true]);
  });

  it('a Deployment that is new and annotated starts without them', async () => {
    await must(cluster, ['apply', '-n', NAMESPACE, '-f', '-'], deploymentOf('newcomer'));
    const pods = await settled('newcomer');
    expect(pods.map(holdsVariables)).toEqual([false]);
    expect((await get('newcomer')).metadata.annotations?.['duotel.io/status']).toBeUndefined();
  });
});

describe('an operator that is there again', () => {
  it('takes up what is new, and changes nothing else', async () => {
    const before = await get('my-rag');
    const stack = await getObject<KubeObject>(cluster, 'tstack/duotel');
    const mark = auditMark(cluster.auditLog);
    await must(cluster, ['apply', '-f', cluster.dist]);
    await cluster.startOperator();
    await eventually('the newcomer to be injected', async () => holdsVariables(await get('newcomer')));
    expect((await settled('newcomer')).map(holdsVariables)).toEqual([true]);
    const written = () => writesSince(cluster, mark);
    await eventually('its last writes', async () => {
      const patches = written().filter((one) => one === `patch deployments ${NAMESPACE}/newcomer`);
      return patches.length >= 2 && written().includes('patch configmaps duotel/duotel-default-stack');
    });
    await sleep(3000);
    const writes = written();
    expect(writes.filter((one) => one.includes(` ${NAMESPACE}/`))).toEqual([
      `patch deployments ${NAMESPACE}/newcomer`,
      `patch deployments ${NAMESPACE}/newcomer`,
    ]);
    // The ConfigMap with the default stack was deleted too: the operator states the same TelemetryStack again, and notes there that it has.
    const rest = writes.filter((one) => !one.includes(` ${NAMESPACE}/`) && !one.includes('telemetrystacks'));
    expect(rest).toEqual(['patch configmaps duotel/duotel-default-stack']);
    expect((await getObject<KubeObject>(cluster, 'tstack/duotel'))?.metadata.generation).toBe(stack?.metadata.generation);
    const { metadata, spec } = await get('my-rag');
    expect([metadata.generation, spec.replicas, spec.template]).toEqual([before.metadata.generation, 3, before.spec.template]);
  });
});
