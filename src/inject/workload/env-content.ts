import type { EnvItem } from './pod-template.ts';

/**
 * What a variable holds: text, a field of the pod through the downward API, or a key of a Secret in the workload's namespace. The form in
 * which the record keeps it.
 */
export type EnvContent =
  | string
  | { readonly fieldPath: string }
  | { readonly secretKeyRef: { readonly name: string; readonly key: string } };

/** The container's env item, with the defaults that the API server would add, so that live and desired compare equal. */
export function envItem(name: string, content: EnvContent): EnvItem {
  if (typeof content === 'string') return { name, value: content };
  if ('fieldPath' in content) return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: content.fieldPath } } };
  // Optional: in a namespace without the Secret, the collector refuses the app. Else the app would not start.
  return { name, valueFrom: { secretKeyRef: { ...content.secretKeyRef, optional: true } } };
}

/** Whether an item of a container holds exactly this content. */
export function holds(item: EnvItem, content: EnvContent): boolean {
  if (typeof content === 'string') return item.valueFrom === undefined && (item.value ?? '') === content;
  const sources = item.valueFrom === undefined ? [] : Object.keys(item.valueFrom);
  if (sources.length !== 1) return false;
  if ('fieldPath' in content) return item.valueFrom?.fieldRef?.fieldPath === content.fieldPath;
  const { name, key } = item.valueFrom?.secretKeyRef ?? {};
  return name === content.secretKeyRef.name && key === content.secretKeyRef.key;
}

/** Names that `$(NAME)` in a value refers to; `$$(NAME)` is text. https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/ */
export function references(content: EnvContent): readonly string[] {
  if (typeof content !== 'string') return [];
  const names: string[] = [];
  for (const match of content.matchAll(/\$\$|\$\(([^)]*)\)/g)) {
    if (match[1] !== undefined) names.push(match[1]);
  }
  return names;
}

/** The text as a value that Kubernetes passes on unchanged: `$$` is its escape for `$`. */
export function literal(text: string): string {
  return text.replaceAll('$', () => '$$');
}
