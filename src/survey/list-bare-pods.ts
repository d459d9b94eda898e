import type { KubeObject } from '../../api/kube-object.ts';
import { OTHER_POD_KINDS } from '../inject/workload/kinds.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { type BarePod, BarePods } from './bare-pods.ts';
import { readNamespaces } from './namespaces.ts';

export interface BarePodsOptions {
  /** Default: all namespaces. */
  readonly namespace?: string;
  /** By name; undefined: they are read. */
  readonly namespaces?: ReadonlyMap<string, KubeObject>;
  /** By labels; default: all. */
  readonly selected?: (labels: Readonly<Record<string, string>>) => boolean;
}

export interface BarePodsFound {
  readonly barePods: readonly BarePod[];
  /** What the user had no right to look at. */
  readonly notes: readonly string[];
}

/** Pods that have ended can not be helped any more. */
const QUERY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Pod: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
};

/**
 * Bare Pods, ReplicaSets and Jobs that are asked to send telemetry. It uses the rights of the user, and reads metadata alone, page by page.
 * If a list is forbidden, a note says so. The operator does not do this (docs/adr/0024).
 */
export async function listBarePods(api: KubeApi, options: BarePodsOptions = {}): Promise<BarePodsFound> {
  const { namespace, selected } = options;
  const notes: string[] = [];
  const allowed = async (what: string, request: string, read: () => Promise<void>): Promise<void> => {
    try {
      await read();
    } catch (error) {
      if (!isApiError(error, 'Forbidden')) throw error;
      notes.push(`${what}: you may not ${request}`);
    }
  };
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const namespaces = new Map(options.namespaces);
  if (options.namespaces === undefined) {
    await allowed(
      'defaults by Namespaces were not looked at',
      namespace === undefined ? 'list namespaces' : `get namespace ${namespace}`,
      async () => {
        for (const [name, one] of await readNamespaces(api, namespace)) namespaces.set(name, one);
      },
    );
  }
  const found = new BarePods(namespaces);
  // In this order on purpose: Pods come last.
  for (const [kind, { apiVersion }] of Object.entries(OTHER_POD_KINDS)) {
    const type = await api.resourceType(apiVersion, kind);
    await allowed(`bare ${kind}s were not looked at`, `list ${type.plural}${where}`, async () => {
      const list = { metadataOnly: true, ...(namespace !== undefined && { namespace }), query: QUERY[kind] ?? {} };
      for await (const { items } of api.pages(type, list)) for (const item of items) found.add(item);
    });
  }
  return { barePods: found.rows(selected), notes };
}
