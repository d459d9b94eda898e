import { type ApiErrorBody, KubeApiError } from './kube-api.ts';

/** A path of fields as the API server's own validation writes it. Nothing else passes, since it may be a value. */
const FIELD = /^(spec|metadata|status)([.][A-Za-z][A-Za-z0-9]*|\[\d+\])*$/;
const NAME = '[A-Za-z0-9][-A-Za-z0-9._:/@]*';
/** Messages that consist of names only, so they can not repeat what an object holds. Sources: k8s.io/apiserver, plugin/pkg/admission. */
const PLAIN: readonly RegExp[] = [
  // Role-based access control.
  new RegExp(
    `^[a-z.]+ "${NAME}" is forbidden: User "${NAME}" cannot ${NAME} resource "[a-z/]+" in API group "[a-z0-9.]*"( in the namespace "${NAME}"| at the cluster scope)$`,
  ),
  new RegExp(`^[a-z.]+ "${NAME}" not found$`),
  new RegExp(
    `^Operation cannot be fulfilled on [a-z.]+ "${NAME}": the object has been modified; please apply your changes to the latest version and try again$`,
  ),
];
/** Who refused, if the message begins with it. */
const AUTHORS: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [new RegExp(`^admission webhook "(${NAME})" denied the request`), ([, name]) => `admission webhook "${name}" denied the change`],
  [
    new RegExp(`ValidatingAdmissionPolicy '(${NAME})' with binding '(${NAME})' denied request`),
    ([, policy, binding]) => `ValidatingAdmissionPolicy "${policy}" (binding "${binding}") denied the change`,
  ],
  [new RegExp(`failed calling webhook "(${NAME})"`), ([, name]) => `admission webhook "${name}" could not be asked`],
  [new RegExp(`exceeded quota: (${NAME})`), ([, name]) => `ResourceQuota "${name}" is used up`],
];

/**
 * Why the API server refused a write, without anything that the object holds. Policies and validation repeat values of the object, and
 * these may be secrets (docs/adr/0020). Names of policies and paths of fields stay; for the rest, the text says how to see it.
 */
export function refusalText({ status, reason, message, causes }: ApiErrorBody): string {
  if (PLAIN.some((pattern) => pattern.test(message))) return message;
  for (const [pattern, say] of AUTHORS) {
    const match = pattern.exec(message);
    if (match !== null)
      return `${say(match)}; its own words are left out since they may repeat values: see them with kubectl apply --dry-run=server`;
  }
  const fields = [...new Set(causes.flatMap(({ field }) => (field !== undefined && FIELD.test(field) ? [field] : [])))];
  const where = fields.length === 0 ? '' : `, field ${fields.join(', ')}`;
  const code = /^[A-Za-z0-9]{1,40}$/.test(reason) ? reason : 'refused';
  return `the API server answered ${status} ${code}${where}; its own words are left out since they may repeat values: see them with kubectl apply --dry-run=server`;
}

/** The error of a write to an object of the user's, fit for logs, events and status: {@link refusalText} in place of the server's words. */
export function withoutEchoes(error: unknown, about: string): unknown {
  if (!(error instanceof KubeApiError) || error.body.status === 0) return error;
  const message = refusalText(error.body);
  const causes = error.body.causes.flatMap(({ field }) => (field !== undefined && FIELD.test(field) ? [{ field }] : []));
  return new KubeApiError(`${about}: ${error.body.reason}: ${message}`, { ...error.body, message, causes });
}
