import type { KubeObject } from '../api/kube-object.ts';

/** Where a kind of workload keeps its pod template, and how the OTel semantic conventions call its name. */
interface WorkloadKind {
  readonly apiVersion: string;
  readonly templatePath: readonly string[];
  /** Resource attribute, https://opentelemetry.io/docs/specs/semconv/resource/k8s/; undefined: the conventions have none. */
  readonly nameAttribute?: string;
  /** The kind is a custom resource, which a cluster may have or not. The API server has no strategic merge patch for it. */
  readonly custom?: true;
}

/** The kinds whose template we change. A Job is absent since its template is immutable. */
export const WORKLOAD_KINDS: Readonly<Record<string, WorkloadKind>> = {
  Deployment: { apiVersion: 'apps/v1', templatePath: ['spec', 'template'], nameAttribute: 'k8s.deployment.name' },
  StatefulSet: { apiVersion: 'apps/v1', templatePath: ['spec', 'template'], nameAttribute: 'k8s.statefulset.name' },
  DaemonSet: { apiVersion: 'apps/v1', templatePath: ['spec', 'template'], nameAttribute: 'k8s.daemonset.name' },
  CronJob: { apiVersion: 'batch/v1', templatePath: ['spec', 'jobTemplate', 'spec', 'template'], nameAttribute: 'k8s.cronjob.name' },
  // Argo Rollouts
  Rollout: { apiVersion: 'argoproj.io/v1alpha1', templatePath: ['spec', 'template'], custom: true },
};

/** undefined: we do not change workloads of this kind. */
export function workloadKind(object: KubeObject): WorkloadKind | undefined {
  const kind = Object.hasOwn(WORKLOAD_KINDS, object.kind) ? WORKLOAD_KINDS[object.kind] : undefined;
  return kind?.apiVersion === object.apiVersion ? kind : undefined;
}

/** The value at a path of field names; undefined when any of them is absent. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const field of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[field];
  }
  return value;
}

/** `{a: {b: value}}` for the path `[a, b]`. */
export function nestAt(path: readonly string[], value: unknown): Readonly<Record<string, unknown>> {
  return path.reduceRight<unknown>((inner, field) => ({ [field]: inner }), value) as Readonly<Record<string, unknown>>;
}
