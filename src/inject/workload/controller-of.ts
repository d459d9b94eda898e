import type { KubeObject, OwnerReference } from '../../../api/kube-object.ts';
import { OTHER_POD_KINDS, WORKLOAD_KINDS } from './kinds.ts';

/**
 * Who makes an object and keeps it. `injected`: a workload whose template we change. `other`: one of OTHER_POD_KINDS, which may have a
 * controller itself. `foreign`: anything else.
 */
export interface ControllingOwner {
  readonly kind: 'injected' | 'other' | 'foreign';
  readonly ref: OwnerReference;
}

/** undefined: nothing makes it anew. */
export function controllerOf({ metadata: { ownerReferences } }: KubeObject): ControllingOwner | undefined {
  // A manifest on disk may hold anything.
  const ref = Array.isArray(ownerReferences) ? ownerReferences.find((one: OwnerReference | null) => one?.controller === true) : undefined;
  // A file on its node makes a static pod; the object in the API names the Node.
  if (ref === undefined || (ref.apiVersion === 'v1' && ref.kind === 'Node')) return undefined;
  const is = (kinds: Readonly<Record<string, { readonly apiVersion: string }>>): boolean =>
    Object.hasOwn(kinds, ref.kind) && group(kinds[ref.kind]?.apiVersion ?? '') === group(ref.apiVersion);
  return { kind: is(WORKLOAD_KINDS) ? 'injected' : is(OTHER_POD_KINDS) ? 'other' : 'foreign', ref };
}

/** An owner reference may name another version of the group than the one that we use. */
function group(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
}
