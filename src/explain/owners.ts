import type { KubeObject } from '../../api/kube-object.ts';
import { valueAt } from '../../api/value-at.ts';
import { workloadKind } from '../inject/workload/kinds.ts';

/** Names of the field managers that own a variable of a container, by the object's managedFields; empty where nobody does, or it is unknown. */
export function variableOwners(workload: KubeObject, container: string, variable: string): readonly string[] {
  const template = [...(workloadKind(workload)?.templatePath ?? []), 'spec'].map((field) => `f:${field}`);
  const item = (name: string) => `k:${JSON.stringify({ name })}`;
  const path = [...template, 'f:containers', item(container), 'f:env', item(variable)];
  const owners = (workload.metadata.managedFields ?? []).filter(({ fieldsV1 }) => valueAt(fieldsV1, path) !== undefined);
  return [...new Set(owners.map(({ manager = '' }) => manager))].sort();
}
