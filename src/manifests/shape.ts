import type { Node, YAMLMap } from 'yaml';
import { PREFIX } from '../../api/annotations.ts';
import { type Fields, isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { valueAt } from '../../api/value-at.ts';
import { templatePathOf, workloadKind } from '../inject/workload/kinds.ts';
import { isUnknown } from './is-bare.ts';

/** What is wrong with an object on disk; the API server would refuse it. */
export interface ShapeFault {
  readonly message: string;
  /** Where it stands. */
  readonly offset: number;
}

/** The faults that would mislead the decision, which expects objects that the API server has validated. */
export function shapeFault(object: KubeObject, node: YAMLMap): ShapeFault | undefined {
  const template = workloadKind(object)?.templatePath ?? [];
  const at = (path: readonly (string | number)[]): number => offsetOf(node, path);
  for (const path of [
    ['metadata', 'annotations'],
    [...templatePathOf(object), 'metadata', 'annotations'],
  ]) {
    const annotations = valueAt(object, path);
    for (const [key, value] of Object.entries(isFields(annotations) ? annotations : {})) {
      if (typeof value === 'string' || !key.startsWith(PREFIX)) continue;
      return { message: `annotation ${key} is ${JSON.stringify(value)}, expected a text: put it in quotes`, offset: at([...path, key]) };
    }
  }
  const space = valueAt(object, ['metadata', 'namespace']);
  if (space !== undefined && space !== null && typeof space !== 'string') {
    return {
      message: `metadata.namespace is ${JSON.stringify(space)}, expected a text: put it in quotes`,
      offset: at(['metadata', 'namespace']),
    };
  }
  // What its other fields mean is not known.
  if (isUnknown(object)) return undefined;
  const pod = valueAt(object, [...template, 'spec']);
  const volumes = namedItems(isFields(pod) ? pod : {}, [...template, 'spec', 'volumes'], 'volumes', at);
  if (volumes !== undefined) return volumes;
  const lists: readonly (readonly [string, string])[] = [
    ['containers', 'env'],
    ['containers', 'volumeMounts'],
    ['initContainers', 'env'],
    ['initContainers', 'volumeMounts'],
  ];
  for (const [list, inner] of lists) {
    const path = [...template, 'spec', list];
    const containers = valueAt(object, path);
    if (!Array.isArray(containers)) continue;
    for (const [index, container] of containers.entries()) {
      const fault = named(container, [...path, index], at) ?? namedItems(container, [...path, index, inner], inner, at);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function namedItems(
  container: Fields,
  path: readonly (string | number)[],
  field: string,
  at: (path: readonly (string | number)[]) => number,
) {
  const items = container[field] ?? [];
  if (!Array.isArray(items)) return { message: `${show(path)} is no list`, offset: at(path) };
  return items.map((item, index) => named(item, [...path, index], at)).find((fault) => fault !== undefined);
}

function named(
  item: unknown,
  path: readonly (string | number)[],
  at: (path: readonly (string | number)[]) => number,
): ShapeFault | undefined {
  if (isFields(item) && typeof item['name'] === 'string') return undefined;
  return { message: `${show(path)} has no name, expected a map with one`, offset: at(path) };
}

function show(path: readonly (string | number)[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);
}

/** Offset of the value at a path, or of the deepest part of it that is there. */
export function offsetOf(node: YAMLMap, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const found = node.getIn(path.slice(0, length), true) as Node | undefined;
    if (found?.range !== undefined && found.range !== null) return found.range[0];
  }
  return node.range?.[0] ?? 0;
}
