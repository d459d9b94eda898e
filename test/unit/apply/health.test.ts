import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { type HealthStatus, health } from '../../../src/apply/health.ts';

const live = (kind: string, spec: object, status: object, meta: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', generation: 2, ...meta },
  spec,
  status,
});
const condition = (type: string, status: string, more: object = {}): object => ({ conditions: [{ type, status, ...more }] });
const observed = { observedGeneration: 2 };

/** What is there, and the state that kstatus gives it. */
const CASES: readonly (readonly [what: string, object: KubeObject | undefined, status: HealthStatus])[] = [
  ['nothing', undefined, 'NotFound'],
  ['an object that is being deleted', live('ConfigMap', {}, {}, { deletionTimestamp: 'now' }), 'Terminating'],
  ['a change that its controller has not seen', live('Deployment', {}, { observedGeneration: 1, readyReplicas: 1 }), 'InProgress'],
  [
    'a Deployment with all replicas',
    live('Deployment', { replicas: 2 }, { ...observed, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }),
    'Current',
  ],
  [
    'a Deployment with an old pod that is ending',
    live('Deployment', { replicas: 1 }, { ...observed, replicas: 2, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }),
    'InProgress',
  ],
  [
    'a Deployment whose deadline has passed',
    live('Deployment', {}, { ...observed, ...condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message: 'late' }) }),
    'Failed',
  ],
  ['a Deployment scaled to nothing', live('Deployment', { replicas: 0 }, { ...observed }), 'Current'],
  ['a StatefulSet nobody has looked at', live('StatefulSet', {}, {}), 'InProgress'],
  [
    'a StatefulSet that is ready',
    live('StatefulSet', { replicas: 1 }, { ...observed, replicas: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'a' }),
    'Current',
  ],
  [
    'a StatefulSet in a rollout',
    live(
      'StatefulSet',
      { replicas: 2 },
      { ...observed, replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    ),
    'InProgress',
  ],
  [
    'a StatefulSet with pods that are not ready',
    live('StatefulSet', { replicas: 1 }, { ...observed, replicas: 1, readyReplicas: 0 }),
    'InProgress',
  ],
  [
    'a StatefulSet updated up to its partition',
    live(
      'StatefulSet',
      { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } },
      { ...observed, replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    ),
    'Current',
  ],
  [
    'a DaemonSet on every node',
    live(
      'DaemonSet',
      {},
      { ...observed, desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2, numberReady: 2 },
    ),
    'Current',
  ],
  [
    'a DaemonSet that misses a node',
    live('DaemonSet', {}, { ...observed, desiredNumberScheduled: 2, currentNumberScheduled: 1 }),
    'InProgress',
  ],
  ['a Job that runs', live('Job', {}, { startTime: 'now' }), 'Current'],
  ['a Job that failed', live('Job', {}, condition('Failed', 'True')), 'Failed'],
  ['a Job nobody has started', live('Job', {}, {}), 'InProgress'],
  ['a Job that is done', live('Job', {}, condition('Complete', 'True')), 'Current'],
  ['a Pod that is ready', live('Pod', {}, { phase: 'Running', ...condition('Ready', 'True') }), 'Current'],
  ['a Pod that is not ready', live('Pod', {}, { phase: 'Running', ...condition('Ready', 'False') }), 'InProgress'],
  ['a Pod that is through', live('Pod', {}, { phase: 'Succeeded', ...condition('Ready', 'False') }), 'Current'],
  ['a Pod that failed', live('Pod', {}, { phase: 'Failed' }), 'Failed'],
  ['a claim that waits', live('PersistentVolumeClaim', {}, { phase: 'Pending' }), 'InProgress'],
  ['a claim that is bound', live('PersistentVolumeClaim', {}, { phase: 'Bound' }), 'Current'],
  ['a Service inside the cluster', live('Service', { type: 'ClusterIP' }, {}), 'Current'],
  ['a load balancer without an address', live('Service', { type: 'LoadBalancer' }, { loadBalancer: {} }), 'InProgress'],
  ['a CRD that is served', live('CustomResourceDefinition', {}, condition('Established', 'True')), 'Current'],
  ['a CRD with a name that is taken', live('CustomResourceDefinition', {}, condition('NamesAccepted', 'False')), 'Failed'],
  ['a custom object that says it is stalled', live('Thing', {}, condition('Stalled', 'True', { message: 'no' })), 'Failed'],
  ['a custom object that says it is not ready', live('Thing', {}, condition('Ready', 'False')), 'InProgress'],
  ['an object without conditions', live('ConfigMap', {}, {}), 'Current'],
];

describe('health', () => {
  it.each(CASES)('of %s is as kstatus has it', (_, object, status) => {
    expect(health(object).status).toBe(status);
  });

  it('says in its message what is missing', () => {
    expect(health(live('StatefulSet', { replicas: 3 }, { ...observed, replicas: 3, readyReplicas: 1 })).message).toBe(
      '1 of 3 replicas ready',
    );
  });
});
