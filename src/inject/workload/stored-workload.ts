import { PREFIX } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { STACK_LABEL } from '../../../api/names.ts';
import { rolloutState } from '../rollout/rollout-state.ts';
import { podSpecOwners } from './ownership.ts';
import { podTemplate } from './pod-template.ts';
import { templateDigest } from './template-digest.ts';

/** Field of a workload that is kept as a stub; see {@link storedWorkload}. */
const STUB = 'duotelStub';

interface Stub {
  /** What {@link healthyTemplate} says of the whole object. */
  readonly healthy: string | null | undefined;
}

/**
 * The part of a workload that the operator keeps in memory. If it is part of a stack: everything. If it or its pod template has an
 * annotation of ours: everything except who owns the fields outside the pod spec. Else only that it is there, and for which template its
 * pods are healthy.
 */
export function storedWorkload(workload: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels } = workload.metadata;
  if (labels?.[STACK_LABEL] !== undefined) return workload;
  if (hasOurAnnotation(workload)) return { ...workload, metadata: { ...workload.metadata, managedFields: podSpecOwners(workload) } };
  const metadata = { name, namespace, uid, resourceVersion } as KubeObject['metadata'];
  const stub: Stub = { healthy: healthyTemplate(workload) };
  return { apiVersion: workload.apiVersion, kind: workload.kind, metadata, [STUB]: stub };
}

/** Whether the object is not the whole of the workload. */
export function isStub(workload: KubeObject): boolean {
  return workload[STUB] !== undefined;
}

/**
 * Digest of the pod template, if every wanted pod has it and is available; null if the pods are not. undefined if the status does not speak
 * of the present generation, so what was known before still holds.
 */
export function healthyTemplate(workload: KubeObject): string | null | undefined {
  const stub = workload[STUB] as Stub | undefined;
  if (stub !== undefined) return stub.healthy;
  const { observed, healthy } = rolloutState(workload);
  if (!observed) return undefined;
  return healthy ? templateDigest(workload) : null;
}

/** On the workload, or on its pod template, where people put it by mistake. */
export function hasOurAnnotation(workload: KubeObject): boolean {
  return hasOurs(workload.metadata.annotations) || hasOurs(podTemplate(workload)?.metadata?.annotations);
}

/** Whether any key has our prefix: a misspelt one counts too. */
export function hasOurs(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return Object.keys(annotations ?? {}).some((key) => key.startsWith(PREFIX));
}
