import type { KubeObject, ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import { nestAt, valueAt } from '../../../api/value-at.ts';
import { workloadKind } from './kinds.ts';

/**
 * Whether a manager other than us owns a field inside the pod spec, by the `fieldsV1` of the object's managedFields
 * (https://github.com/kubernetes-sigs/structured-merge-diff: `f:` a field, `k:` the item of a list with these keys).
 */
export interface Ownership {
  env(container: string, name: string): boolean;
  mount(container: string, mountPath: string): boolean;
  volume(name: string): boolean;
}

export function ownership(workload: KubeObject): Ownership {
  const path = podSpecPath(workload);
  const podSpecs = (workload.metadata.managedFields ?? [])
    .filter((entry) => entry.manager !== FIELD_MANAGER)
    .map((entry) => valueAt(entry.fieldsV1, path));
  const owned = (...fields: readonly string[]) => podSpecs.some((podSpec) => valueAt(podSpec, fields) !== undefined);
  const item = (keys: Readonly<Record<string, string>>) => `k:${JSON.stringify(keys)}`;
  return {
    env: (container, name) => owned('f:containers', item({ name: container }), 'f:env', item({ name })),
    mount: (container, mountPath) => owned('f:containers', item({ name: container }), 'f:volumeMounts', item({ mountPath })),
    volume: (name) => owned('f:volumes', item({ name })),
  };
}

/** The managedFields of a workload, each entry in its place, without the fields that {@link ownership} never asks for: most of them. */
export function podSpecOwners(workload: KubeObject): readonly ManagedFieldsEntry[] {
  const path = podSpecPath(workload);
  return (workload.metadata.managedFields ?? []).map(({ fieldsV1, ...entry }) => {
    const podSpec = valueAt(fieldsV1, path);
    return podSpec === undefined ? entry : { ...entry, fieldsV1: nestAt(path, podSpec) };
  });
}

function podSpecPath(workload: KubeObject): readonly string[] {
  return [...(workloadKind(workload)?.templatePath ?? []), 'spec'].map((field) => `f:${field}`);
}
