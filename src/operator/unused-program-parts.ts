import { type Fields, isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { OPERATOR_NAME, OPERATOR_SELECTOR, PROGRAM_LABELS } from '../../api/names.ts';
import { valueAt } from '../../api/value-at.ts';

/** What there is in the operator's namespace. */
export interface OperatorObjects {
  /** Metadata is enough. */
  readonly configMaps: readonly KubeObject[];
  readonly deployments: readonly KubeObject[];
  readonly replicaSets: readonly KubeObject[];
}

/**
 * The ConfigMaps of an operator's program that nothing can start any more (docs/adr/0039). Two kinds are kept:
 * - ConfigMaps that a Deployment or ReplicaSet names, whoever owns it and however many pods it has. `kubectl rollout undo` may start each
 *   of them, and every pod has one of them as its owner.
 * - ConfigMaps that are not older, by `marginMs`, than the operator's newest ReplicaSet. They may be the next release's, whose Deployment
 *   is still on its way, or waits for somebody's approval.
 */
export function unusedProgramParts({ configMaps, deployments, replicaSets }: OperatorObjects, marginMs: number): readonly KubeObject[] {
  const operator = deployments.find(({ metadata }) => metadata.name === OPERATOR_NAME);
  if (operator?.metadata.uid === undefined) return [];
  const own = replicaSets.filter(({ metadata }) => (metadata.ownerReferences ?? []).some(({ uid }) => uid === operator.metadata.uid));
  const newest = Math.max(...own.map(createdAt));
  const named = new Set([...deployments, ...replicaSets].flatMap(configMapsOf));
  return configMaps.filter((one) => isProgramPart(one) && !named.has(one.metadata.name) && createdAt(one) + marginMs < newest);
}

/** Former releases gave their parts no label. */
const FORMER_NAME = new RegExp(`^${OPERATOR_NAME}-[0-9a-f]{10}-\\d+$`);

function isProgramPart({ metadata: { name, labels = {} } }: KubeObject): boolean {
  const has = (wanted: Readonly<Record<string, string>>): boolean => Object.entries(wanted).every(([key, value]) => labels[key] === value);
  return has(OPERATOR_SELECTOR) && (has(PROGRAM_LABELS) || FORMER_NAME.test(name));
}

/** Milliseconds since 1970. NaN, which is before and after nothing, if it is not known. */
function createdAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}

/** Names of those that the volumes of the pod template hold. */
function configMapsOf(object: KubeObject): readonly string[] {
  const sources = fieldsAt(object, ['spec', 'template', 'spec', 'volumes']).flatMap((volume) => [
    volume,
    ...fieldsAt(volume, ['projected', 'sources']),
  ]);
  return sources.map((source) => valueAt(source, ['configMap', 'name'])).filter((name) => typeof name === 'string');
}

function fieldsAt(value: unknown, path: readonly string[]): readonly Fields[] {
  const list = valueAt(value, path);
  return Array.isArray(list) ? list.filter(isFields) : [];
}
