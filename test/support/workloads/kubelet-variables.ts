import type { EnvItem } from '../../../src/inject/workload/pod-template.ts';
import type { Files } from './mounted-volumes.ts';

/** What the kubelet knows of a pod: values by field path, and the Secrets of its namespace. */
export interface PodFacts {
  readonly fields: Readonly<Record<string, string>>;
  readonly secrets: Files;
}

/**
 * A container's variables as its program gets them. `$(NAME)` is the value of an earlier variable and stays as it is written where there
 * is none; `$$` is `$`. https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 * @throws Error where a Secret is missing that is not optional, or a field that is not known: the container would not start.
 */
export function kubeletVariables(items: readonly EnvItem[], pod: PodFacts): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const item of items) {
    const value = item.valueFrom === undefined ? expanded(item.value ?? '', variables) : valueFrom(item, pod);
    if (value !== undefined) variables[item.name] = value;
  }
  return variables;
}

function expanded(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) => (name === undefined ? '$' : (known[name] ?? match)));
}

function valueFrom({ name, valueFrom: { fieldRef, secretKeyRef } = {} }: EnvItem, { fields, secrets }: PodFacts): string | undefined {
  const value = fieldRef === undefined ? secrets[secretKeyRef?.name ?? '']?.[secretKeyRef?.key ?? ''] : fields[fieldRef.fieldPath];
  if (value === undefined && secretKeyRef?.optional !== true) {
    throw new Error(`variable ${name}: the container would not start without ${fieldRef?.fieldPath ?? `Secret ${secretKeyRef?.name}`}`);
  }
  return value;
}
