import type { KubeObject } from '../../../api/kube-object.ts';
import { digestOf } from './digest-of.ts';
import { type PodTemplate, podTemplate } from './pod-template.ts';

/** A pass asks several times for the digest of the very same object, and an object that was read is never changed. */
const known = new WeakMap<PodTemplate, string>();

/** Digest of the pod template of a workload. */
export function templateDigest(workload: KubeObject): string {
  const template = podTemplate(workload);
  const before = template && known.get(template);
  if (before !== undefined) return before;
  const digest = digestOf(template);
  if (template !== undefined) known.set(template, digest);
  return digest;
}
