import { type FeatureKind, optionalKinds } from '../api/features.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';

const REVIEW = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' } as const;

/**
 * Why objects of optional kinds cannot be written: the API server does not serve a kind, or the operator has no right to it. Asked before
 * anything is written, so that a change of the spec is made whole or not at all. undefined when all can be, at no request where there
 * are none of such kinds.
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
    else if (!(await mayCreate(api, kind, namespace))) forbidden.push(kind);
  }
  if (missing.length > 0) {
    const message = `the spec asks for ${missing.join(', ')}, which this cluster does not serve: install what brings its CRD, or change the spec; nothing was written`;
    return { reason: 'KindMissing', message };
  }
  if (forbidden.length === 0) return undefined;
  const kinds = forbidden.map(({ kind }) => kind).join(', ');
  const features = [...new Set(forbidden.map(({ feature }) => feature))].join(', ');
  const message = `the spec asks for ${kinds}, to which the operator has no right: add ${features} to operator.features in duotel.yaml, run cdk8s synth, and apply dist again; nothing was written`;
  return { reason: 'RightMissing', message };
}

async function isServed(api: KubeApi, { apiVersion, kind }: FeatureKind): Promise<boolean> {
  try {
    await api.resourceType(apiVersion, kind);
    return true;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return false;
    throw error;
  }
}

/** Every authenticated user may ask this of itself. */
async function mayCreate(api: KubeApi, { apiVersion, resource }: FeatureKind, namespace: string): Promise<boolean> {
  const group = apiVersion.slice(0, apiVersion.lastIndexOf('/'));
  const spec = { resourceAttributes: { namespace, group, resource, verb: 'create' } };
  const review = await api.create(await api.resourceType(REVIEW.apiVersion, REVIEW.kind), { ...REVIEW, metadata: { name: '' }, spec });
  return (review['status'] as { readonly allowed?: boolean } | undefined)?.allowed === true;
}
