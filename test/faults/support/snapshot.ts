import type { KubeObject } from '../../../api/kube-object.ts';
import { STACK_LABEL } from '../../../api/names.ts';
import type { Admin } from './admin.ts';

/** Kinds whose labelled objects make up a stack; the Secret is the user's data once it is made. */
export const STACK_OBJECT_KINDS = [
  'ServiceAccount',
  'ConfigMap',
  'Service',
  'StatefulSet',
  'Deployment',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
];

/** What the cluster holds that is any business of the operator's, by `Kind/namespace/name`, without what differs between two equal runs. */
export type Snapshot = Readonly<Record<string, unknown>>;

export async function snapshot(admin: Admin): Promise<Snapshot> {
  const lists = await Promise.all([
    ...[...STACK_OBJECT_KINDS, 'Secret'].map((kind) => admin.list(kind, 'duotel', STACK_LABEL)),
    admin.list('TelemetryStack', 'duotel').catch(() => []),
    admin.list('Deployment', 'shop'),
    admin.list('ConfigMap', 'shop', 'app.kubernetes.io/managed-by=duotel'),
  ]);
  const entries = lists.flat().map((object): [string, unknown] => {
    const { kind, metadata } = object;
    return [`${kind}/${metadata.namespace}/${metadata.name}`, normal(object)];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The stack's objects that are there now: what an inventory must name. */
export async function stackObjects(admin: Admin): Promise<readonly KubeObject[]> {
  return (await Promise.all(STACK_OBJECT_KINDS.map((kind) => admin.list(kind, 'duotel', STACK_LABEL)))).flat();
}

/** Paths at which two snapshots differ, with both values, shortened. */
export function differences(expected: unknown, found: unknown, path = ''): readonly string[] {
  if (Object.is(expected, found)) return [];
  if (isContainer(expected) && isContainer(found)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(found)]);
    return [...keys].flatMap((key) => differences(expected[key], found[key], `${path}.${key}`));
  }
  return [`${path}: expected ${short(expected)}, found ${short(found)}`];
}

function normal(object: KubeObject): unknown {
  const { apiVersion, kind, metadata, status, ...rest } = object;
  const { uid: _, resourceVersion: __, creationTimestamp: ___, generation, managedFields = [], ...meta } = metadata;
  // Who else has touched an object is none of the operator's doing.
  const managers = new Set(managedFields.map(({ manager = '' }) => manager).filter((manager) => manager.startsWith('duotel')));
  const common = { apiVersion, kind, metadata: { ...meta, managers: [...managers].sort() } };
  switch (kind) {
    case 'Secret':
      return timeless({ ...common, keys: Object.keys((rest['data'] ?? {}) as object).sort() });
    case 'Service':
      return timeless({ ...common, spec: omit(rest['spec'], ['clusterIP', 'clusterIPs']) });
    case 'TelemetryStack':
      return timeless({ ...common, ...rest, status: normalStatus(status, generation) });
    default:
      return timeless({ ...common, ...rest });
  }
}

/** `reverted` counts what one process did: a process that was killed may not have said so. */
function normalStatus(status: unknown, generation: unknown): unknown {
  const { observedGeneration, lastAppliedGeneration, workloads, inventory, conditions, ...rest } = (status ?? {}) as Record<
    string,
    unknown
  >;
  const list = (value: unknown): readonly object[] => (Array.isArray(value) ? value : []);
  return {
    ...rest,
    current: observedGeneration === generation,
    applied: lastAppliedGeneration === generation,
    workloads: omit(workloads, ['reverted']),
    inventory: list(inventory).map((entry) => omit(entry, ['uid'])),
    conditions: list(conditions).map((one) => omit(one, ['lastTransitionTime', 'observedGeneration'])),
  };
}

function omit(value: unknown, keys: readonly string[]): unknown {
  return Object.fromEntries(Object.entries((value ?? {}) as object).filter(([key]) => !keys.includes(key)));
}

/** Times and UIDs differ between two runs wherever they stand. */
function timeless(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, one) =>
      typeof one !== 'string'
        ? one
        : one
            .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
            .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'),
    ),
  );
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
