import { FEATURE_NAMES, FEATURES, type FeatureKind, type OptionalKind, optionalKinds } from '../../api/features.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';

const REVIEW = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' } as const;

/**
 * Why objects of optional kinds cannot be written: the API server does not serve a kind, or the operator has no right to it. This is asked
 * before anything is written, so that a change of the spec is made whole or not at all. undefined when all can be written. If there are no
 * such kinds, it costs no request.
 */
export async function optionalKindProblem(
  api: KubeApi,
  objects: readonly KubeObject[],
  namespace: string,
): Promise<{ readonly reason: 'KindMissing' | 'RightMissing'; readonly message: string } | undefined> {
  const missing: string[] = [];
  const forbidden: FeatureKind[] = [];
  for (const kind of optionalKinds(objects)) {
    if (!(await isServed(api, kind))) missing.push(`${kind.kind} (${kind.apiVersion})`);
    else if (!(await may(api, 'create', kind, namespace))) forbidden.push(kind);
  }
  if (missing.length > 0) {
    const message = `the spec asks for ${missing.join(', ')}, and this cluster does not serve that: install its CRD, or change the spec; nothing was written`;
    return { reason: 'KindMissing', message };
  }
  if (forbidden.length === 0) return undefined;
  const kinds = forbidden.map(({ kind }) => kind).join(', ');
  const features = [...new Set(forbidden.map(({ feature }) => feature))].join(', ');
  const message = `the spec asks for ${kinds}, and the operator has no right to that: add ${features} to operator.features in duotel.yaml, run cdk8s synth, and apply dist again; nothing was written`;
  return { reason: 'RightMissing', message };
}

/**
 * The objects of optional kinds that carry the stack's label. Kinds that are not served have none. Kinds to which the operator has no
 * right, or no longer, are not asked for.
 */
export async function optionalObjects(api: KubeApi, namespace: string, stack: string): Promise<readonly KubeObject[]> {
  const kinds: readonly OptionalKind[] = FEATURE_NAMES.flatMap((feature) => [...FEATURES[feature]]);
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      if (!(await isServed(api, kind)) || !(await may(api, 'list', kind, namespace))) return [];
      try {
        const type = await api.resourceType(kind.apiVersion, kind.kind);
        return (await api.list(type, { namespace, query: { labelSelector: `${STACK_LABEL}=${stack}` } })).items;
      } catch (error) {
        // Its CRD, or the right, has gone meanwhile.
        if (isApiError(error, 'NotFound') || isApiError(error, 'Forbidden')) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

async function isServed(api: KubeApi, { apiVersion, kind }: OptionalKind): Promise<boolean> {
  try {
    await api.resourceType(apiVersion, kind);
    return true;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return false;
    throw error;
  }
}

/** Every authenticated user may ask this of itself. */
async function may(api: KubeApi, verb: 'create' | 'list', { apiVersion, resource }: OptionalKind, namespace: string): Promise<boolean> {
  const group = apiVersion.slice(0, apiVersion.lastIndexOf('/'));
  const spec = { resourceAttributes: { namespace, group, resource, verb } };
  const review = await api.create(await api.resourceType(REVIEW.apiVersion, REVIEW.kind), { ...REVIEW, metadata: { name: '' }, spec });
  return (review['status'] as { readonly allowed?: boolean } | undefined)?.allowed === true;
}
