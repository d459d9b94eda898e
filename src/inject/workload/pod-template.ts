import type { KubeObject } from '../../../api/kube-object.ts';
import { valueAt } from '../../../api/value-at.ts';
import { templatePathOf, workloadKind } from './kinds.ts';

/** The parts of a pod template that injection reads; everything else stays unseen and untouched. */
export interface PodTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>>; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly os?: { readonly name?: string };
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
  readonly dnsPolicy?: string;
}

export interface Container {
  readonly name: string;
  readonly env?: readonly EnvItem[];
  readonly envFrom?: readonly unknown[];
  readonly volumeMounts?: readonly VolumeMount[];
}

export interface EnvItem {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly apiVersion?: string; readonly fieldPath: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string; readonly optional?: boolean };
  };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name?: string; readonly optional?: boolean };
}

/** The pod template of a workload of a kind in WORKLOAD_KINDS; undefined for other kinds and for an object without containers. */
export function podTemplate(workload: KubeObject): PodTemplate | undefined {
  const kind = workloadKind(workload);
  const template = kind === undefined ? undefined : valueAt(workload, kind.templatePath);
  // The API server has validated every workload that reaches us; a manifest on disk may be anything.
  return Array.isArray(valueAt(template, ['spec', 'containers'])) ? (template as PodTemplate) : undefined;
}

/** Annotations of the pod template, also of a kind whose template is never changed. */
export function templateAnnotations(workload: KubeObject): Readonly<Record<string, string>> {
  const annotations = valueAt(workload, [...templatePathOf(workload), 'metadata', 'annotations']);
  return (annotations ?? {}) as Readonly<Record<string, string>>;
}
