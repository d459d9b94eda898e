import type { KubeObject } from '../../../api/kube-object.ts';

/** Where a kind of workload keeps its pod template, and how the OTel semantic conventions call its name. */
interface WorkloadKind {
  readonly apiVersion: string;
  readonly templatePath: readonly string[];
  /** Resource attribute, https://opentelemetry.io/docs/specs/semconv/resource/k8s/; undefined: the conventions have none. */
  readonly nameAttribute?: string;
  /** The kind is a custom resource, which a cluster may have or not. The API server has no strategic merge patch for it. */
  readonly custom?: true;
}

/** The kinds whose template we change. */
export const WORKLOAD_KINDS: Readonly<Record<string, WorkloadKind>> = {
  Deployment: { apiVersion: 'apps/v1', templatePath: ['spec', 'template'], nameAttribute: 'k8s.deployment.name' },
  StatefulSet: { apiVersion: 'apps/v1', templatePath: ['spec', 'template'], nameAttribute: 'k8s.statefulset.name' },
  DaemonSet: { apiVersion: 'apps/v1', templatePath: ['spec', 'template'], nameAttribute: 'k8s.daemonset.name' },
  CronJob: { apiVersion: 'batch/v1', templatePath: ['spec', 'jobTemplate', 'spec', 'template'], nameAttribute: 'k8s.cronjob.name' },
  // Argo Rollouts
  Rollout: { apiVersion: 'argoproj.io/v1alpha1', templatePath: ['spec', 'template'], custom: true },
};

/** A kind with pods for which a changed template never starts a new one. */
interface OtherPodKind {
  readonly apiVersion: string;
  /** Why the kind is not injected, and what to do instead; the text follows its name. */
  readonly instead: string;
}

/**
 * Kinds of Kubernetes with pods that are never injected; makers of Pods stand before the Pod. If nothing above makes such an object and it
 * is asked to send telemetry, the commands say what to do instead.
 */
export const OTHER_POD_KINDS: Readonly<Record<string, OtherPodKind>> = {
  ReplicaSet: {
    apiVersion: 'apps/v1',
    instead: 'does not replace its pods when its template changes: make it a Deployment, and annotate that',
  },
  ReplicationController: {
    apiVersion: 'v1',
    instead: 'does not replace its pods when its template changes: make it a Deployment, and annotate that',
  },
  Job: {
    apiVersion: 'batch/v1',
    instead:
      'has an immutable template: make it a CronJob, and annotate that (for single runs with suspend: true, and kubectl create job --from=cronjob/NAME)',
  },
  Pod: {
    apiVersion: 'v1',
    instead: 'can not be changed while it runs, and nothing makes it anew: make it a Deployment, and annotate that',
  },
};

/** undefined: we do not change workloads of this kind. */
export function workloadKind(object: KubeObject): WorkloadKind | undefined {
  const kind = Object.hasOwn(WORKLOAD_KINDS, object.kind) ? WORKLOAD_KINDS[object.kind] : undefined;
  return kind?.apiVersion === object.apiVersion ? kind : undefined;
}

/** Where an object keeps its pod template, whether we change it or not; a Pod has nothing there. */
export function templatePathOf(object: KubeObject): readonly string[] {
  return workloadKind(object)?.templatePath ?? ['spec', 'template'];
}
