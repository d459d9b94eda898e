import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { appsIn, holdsVariables } from '../support/cluster/apps.ts';
import { auditEvents, auditMark, line, operatorWrites } from '../support/cluster/audit-log.ts';
import { must } from '../support/cluster/installation.ts';
import { podsOf, sayReady } from '../support/cluster/pods.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

/** Workloads that do not roll out as others do, and what else acts on them, with the real controllers. */

const NAMESPACE = 'shop';
const BACKEND = 'duotel.io/backend';
const cluster = useInstallation({ namespaces: [NAMESPACE], clientSide: true });

const { annotate, get, kubectl, replicaSets, statusLine } = appsIn(cluster, NAMESPACE);

/** `spec`, `template`: further fields, in YAML's flow style. */
async function create(kind: string, name: string, spec = '', templateMetadata = ''): Promise<void> {
  const pod = '{containers: [{name: app, image: "app:1"}]}';
  const template = `{metadata: {labels: {app: ${name}}, ${templateMetadata}}, spec: ${pod}}`;
  const text = `{apiVersion: apps/v1, kind: ${kind}, metadata: {name: ${name}, namespace: ${NAMESPACE}}, spec: {selector: {matchLabels: {app: ${name}}}, template: ${template}, ${spec}}}`;
  await must(cluster, ['apply', '-f', '-'], text);
}

describe('a Deployment that is paused', () => {
  it('waits, says for what, and is injected in one rollout when it is resumed', async () => {
    await create('Deployment', 'paused');
    await eventually('its ReplicaSet', async () => (await replicaSets('paused')).length === 1);
    await kubectl('rollout', 'pause', 'deployment/paused');
    const { template } = (await get('deployment/paused')).spec;
    await annotate('deployment/paused', `${BACKEND}=both`);
    await eventually('the reason', async () => (await statusLine('deployment/paused')).startsWith('Pending WaitingPaused: '));
    expect(await statusLine('deployment/paused')).toContain('kubectl rollout resume');
    await sleep(1000);
    expect((await get('deployment/paused')).spec.template).toEqual(template);
    await kubectl('rollout', 'resume', 'deployment/paused');
    await eventually('it to be injected', async () => (await statusLine('deployment/paused')) === 'Injected both');
    await eventually('its rollout', async () => (await replicaSets('paused')).length === 2);
  });
});

describe('a Deployment without replicas', () => {
  it('is injected at once, and what is scaled up later has the variables', async () => {
    await create('Deployment', 'asleep', 'replicas: 0');
    await annotate('deployment/asleep', `${BACKEND}=both`);
    await eventually('it to be injected', async () => (await statusLine('deployment/asleep')) === 'Injected both');
    expect((await get('deployment/asleep')).spec.replicas).toBe(0);
    await kubectl('scale', 'deployment/asleep', '--replicas=2');
    const pods = await eventually('its pods', async () => {
      const found = await podsOf(cluster, NAMESPACE, 'asleep');
      return found.length === 2 && found;
    });
    expect(pods.map(holdsVariables)).toEqual([true, true]);
  });
});

describe('a StatefulSet that is updated on deletion', () => {
  it('keeps its running pod, says so, and has the variables in the next one', async () => {
    await create('StatefulSet', 'store', 'serviceName: store, updateStrategy: {type: OnDelete}');
    const pod = () => eventually('its pod', async () => (await podsOf(cluster, NAMESPACE, 'store'))[0]);
    const before = await pod();
    await sayReady(cluster, NAMESPACE, 'store');
    await annotate('statefulset/store', `${BACKEND}=both`);
    await eventually('it to be injected', async () => holdsVariables(await get('statefulset/store')));
    expect(await statusLine('statefulset/store')).toMatch(/^Injected both; PodsMustBeDeleted: .*delete the pods/);
    await eventually('its controller to have seen that', async () => {
      const { metadata, status } = await get('statefulset/store');
      return status.observedGeneration === metadata.generation;
    });
    await sleep(2000);
    const meanwhile = await pod();
    expect([meanwhile.metadata.uid, holdsVariables(meanwhile)]).toEqual([before.metadata.uid, false]);
    await kubectl('delete', `pod/${before.metadata.name}`, '--grace-period=0', '--force');
    const after = await eventually('another pod', async () => {
      const found = await pod();
      return found.metadata.uid !== before.metadata.uid && found;
    });
    expect(holdsVariables(after)).toBe(true);
  });
});

describe('an annotation on the pod template alone', () => {
  it('is accepted with a hint where it belongs, and its removal gives the template back', async () => {
    await create('Deployment', 'inside', '', `annotations: {${BACKEND}: both}`);
    await eventually('it to be injected', async () => holdsVariables(await get('deployment/inside')));
    expect(await statusLine('deployment/inside')).toMatch(
      /^Injected both; AnnotationOnPodTemplate: duotel\.io\/backend is on the pod template; put it on the metadata of the workload/,
    );
    const without = { spec: { template: { metadata: { annotations: { [BACKEND]: null } } } } };
    await kubectl('patch', 'deployment/inside', '--type=merge', '-p', JSON.stringify(without));
    await eventually('it to be reverted', async () => !holdsVariables(await get('deployment/inside')));
    expect(Object.keys((await get('deployment/inside')).metadata.annotations ?? {}).filter((key) => key.startsWith('duotel.io/'))).toEqual(
      [],
    );
  });
});

describe('a Deployment with an autoscaler', () => {
  const available = (count: number) =>
    eventually(`${count} available pods`, async () => {
      await sayReady(cluster, NAMESPACE, 'scaled');
      const { metadata, status } = await get('deployment/scaled');
      const { observedGeneration, availableReplicas, updatedReplicas, replicas } = status;
      return observedGeneration === metadata.generation && [availableReplicas, updatedReplicas, replicas].every((one) => one === count);
    });
  const autoscaler = (): Promise<string> => kubectl('get', 'hpa/scaled', '-o', 'jsonpath={.metadata.generation} {.spec}');

  it('keeps the replicas that the autoscaler set through an injection, a change of mode and a revert', async () => {
    await create('Deployment', 'scaled');
    await available(1);
    await annotate('deployment/scaled', `${BACKEND}=both`);
    await eventually('it to be injected', async () => (await statusLine('deployment/scaled')) === 'Injected both');
    await available(1);
    const target = '{apiVersion: apps/v1, kind: Deployment, name: scaled}';
    await must(
      cluster,
      ['apply', '-n', NAMESPACE, '-f', '-'],
      `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: scaled}, spec: {scaleTargetRef: ${target}, minReplicas: 3, maxReplicas: 5, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}}`,
    );
    const before = await autoscaler();
    const mark = auditMark(cluster.auditLog);
    await available(3);
    await eventually('no other pod', async () => (await podsOf(cluster, NAMESPACE, 'scaled')).length === 3);
    expect((await podsOf(cluster, NAMESPACE, 'scaled')).map(holdsVariables)).toEqual([true, true, true]);
    const writes = operatorWrites(auditEvents(cluster.auditLog, mark)).filter(({ namespace }) => namespace === NAMESPACE);
    expect(writes.map(line)).toEqual([]);
    await annotate('deployment/scaled', `${BACKEND}=openlit`);
    await eventually('the new mode', async () => (await statusLine('deployment/scaled')) === 'Injected openlit');
    await available(3);
    await annotate('deployment/scaled', `${BACKEND}-`);
    await eventually('it to be reverted', async () => !holdsVariables(await get('deployment/scaled')));
    expect([(await get('deployment/scaled')).spec.replicas, await autoscaler()]).toEqual([3, before]);
  });
});
