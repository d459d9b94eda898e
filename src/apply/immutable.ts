import { isApiError } from '../kube/kube-api.ts';

/**
 * How the API server's own validation says in its causes that a field cannot change (k8s.io/apimachinery validation.ValidateImmutableField,
 * and the kinds' own messages). The denial of an admission plugin or a policy has no such cause, or says that it is one.
 */
const SAYS_IMMUTABLE = [
  /field is immutable/i,
  /updates to statefulset spec for fields other than .* are forbidden/i,
  /spec is immutable after creation/i,
  /may not change once set/i,
  /cannot change roleRef/,
  /updates to .* are forbidden/i,
];
/** To delete one of these would delete what is in it: data, or other people's objects. */
const NEVER_RECREATED = ['Namespace', 'CustomResourceDefinition', 'PersistentVolume', 'PersistentVolumeClaim', 'Secret'];

/**
 * Whether the API server refused the change for one reason only: fields of the object cannot change. Each cause must name a field and say
 * so. A 409, another 422 and a denial by admission do not count, whatever their text.
 */
export function isImmutableError(error: unknown): boolean {
  if (!isApiError(error, 'Invalid') || error.body.status !== 422) return false;
  const { causes, message } = error.body;
  if (causes.length === 0 || /denied (the )?request|admission webhook/i.test(message)) return false;
  return causes.every(
    ({ field = '', message: text = '', reason = '' }) =>
      field !== '' && /^FieldValue(Invalid|Forbidden)$/.test(reason) && SAYS_IMMUTABLE.some((pattern) => pattern.test(text)),
  );
}

/** Whether a policy may allow to delete objects of the kind and make them again. */
export function mayBeRecreated(kind: string): boolean {
  return !NEVER_RECREATED.includes(kind);
}
