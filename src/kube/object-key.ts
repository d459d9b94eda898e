/** `namespace/name`, or `name` for a cluster-scoped object. */
export function objectKey(ref: { readonly name: string; readonly namespace?: string }): string {
  return ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
}
