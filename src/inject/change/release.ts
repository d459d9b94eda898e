import type { KubeObject } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';

export type JsonPatchOperation =
  | { readonly op: 'test' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * The JSON patch that gives up our field ownership; undefined when we own nothing. It touches metadata only, so the generation stays. Each
 * removal tests that the entry is still ours. If a concurrent writer has moved it, the API server answers 422, and the caller reads again.
 */
export function releasePatch(live: KubeObject): readonly JsonPatchOperation[] | undefined {
  const entries = live.metadata.managedFields ?? [];
  const ours = entries.flatMap((entry, index) => (entry.manager === FIELD_MANAGER ? [index] : []));
  if (ours.length === 0) return undefined;
  const tests = ours.map((index) => ({ op: 'test', path: `/metadata/managedFields/${index}/manager`, value: FIELD_MANAGER }) as const);
  // An empty list means "keep what is there" to the API server; a list of one empty entry clears it
  // (https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields).
  if (ours.length === entries.length) return [...tests, { op: 'replace', path: '/metadata/managedFields', value: [{}] }];
  // From the last to the first, so that a removal does not move the next.
  const removals = ours.toReversed().map((index) => ({ op: 'remove', path: `/metadata/managedFields/${index}` }) as const);
  return [...tests, ...removals];
}
