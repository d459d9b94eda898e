import { ANNOTATION, OPERATOR_ANNOTATIONS, PREFIX } from '../../api/annotations.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { telemetryStackCrd } from '../../api/telemetry-stack-crd.ts';
import { FILES_LABEL } from '../inject/change/config-map.ts';
import type { KubeApi, ResourceType } from '../kube/kube-api.ts';
import { listWorkloads } from '../survey/workloads.ts';
import { attempt } from './attempt.ts';
import { giveBack } from './give-back.ts';
import { refusal } from './refusal.ts';
import { restore } from './restore.ts';
import type { UninstallOptions } from './uninstall-options.ts';

interface Doomed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const NAME = 'duotel-operator';
/** What `dist` brings that is not inside its namespace, and the operator before all of it, so that nothing is made again. */
const INSTALLATION: readonly Doomed[] = [
  { apiVersion: 'apps/v1', kind: 'Deployment', name: NAME, namespace: SYSTEM_NAMESPACE },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', name: NAME },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: NAME },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    name: (telemetryStackCrd()['metadata'] as { name: string }).name,
  },
  { apiVersion: 'v1', kind: 'Namespace', name: SYSTEM_NAMESPACE },
];

/**
 * Takes Duotel out of a cluster: opts the workloads out (the operator then reverts them), deletes the operator, removes the annotations,
 * and deletes its rights, the CRD and the namespace with all data in it. If an object is refused, its step says so, and the others go on.
 * @throws Error that names the workloads that can not be reverted, after all others are, or says why the operator can not be deleted. Nothing
 * has been deleted then.
 */
export async function uninstall(options: UninstallOptions): Promise<void> {
  const { api, workloads, dryRun, onStep } = options;
  const [operator, ...rest] = INSTALLATION;
  const annotated = workloads === 'revert' ? await giveBack(options) : [];
  // It would inject again whatever loses its `none` below.
  if (operator !== undefined && !(await removed(options, operator))) {
    throw new Error(`${nameOf(operator)}: not deleted, for the reason given. Nothing else was deleted; run the command again`);
  }
  // Now nobody acts on them any more: in whatever order they go, no workload is injected once more.
  const objects = workloads === 'keep' || dryRun ? annotated : [...(await listNamespaces(api)), ...(await listAll(options))];
  for (const object of objects) await removeAnnotations(options, object);
  await removeScopedRights(options);
  for (const doomed of rest) await removed(options, doomed);
  if (workloads !== 'revert') return;
  const copies = await attempt(api, () => removeCopies(options));
  if (copies.kind === 'refused') onStep({ object: 'ConfigMap/*/*', action: 'failed', message: `not looked at: ${copies.message}` });
}

async function listNamespaces(api: KubeApi): Promise<readonly KubeObject[]> {
  return (await api.list(await api.resourceType('v1', 'Namespace'))).items;
}

function listAll({ api, onStep }: UninstallOptions): Promise<readonly KubeObject[]> {
  return listWorkloads(api, undefined, (kind, error) =>
    onStep({ object: `${kind}/*/*`, action: 'failed', message: `not looked at, its annotations stay: ${refusal(error)}` }),
  );
}

async function removeAnnotations({ api, dryRun, onStep }: UninstallOptions, object: KubeObject): Promise<void> {
  // A misspelt one too. The record of `duotel inject -f` belongs to variables that stay, as Git has them.
  const present = Object.keys(object.metadata.annotations ?? {}).filter((key) => key.startsWith(PREFIX) && key !== ANNOTATION.manifest);
  if (present.length === 0) return;
  // Made and injected while the operator was being deleted: by its record it gets its template back, once it asks no more.
  const late = !dryRun && object.metadata.annotations?.[ANNOTATION.injected] !== undefined;
  const keys = late ? present.filter((key) => !isOperators(key)) : present;
  const done = await attempt(api, async () => {
    if (!dryRun && keys.length > 0) await annotate(api, object, Object.fromEntries(keys.map((key) => [key, null])));
    return late ? restore(api, object) : undefined;
  });
  const name = describe(object);
  if (done.kind === 'done' && done.value === 'restored') onStep({ object: name, action: 'reverted' });
  if (done.kind === 'done') onStep({ object: name, action: done.value === 'gone' ? 'gone' : 'annotations removed' });
  else if (done.kind === 'gone') onStep({ object: name, action: 'gone' });
  else onStep({ object: name, action: 'failed', message: `has annotations under ${PREFIX} still: ${done.message}; nothing acts on them` });
}

function isOperators(key: string): boolean {
  return OPERATOR_ANNOTATIONS.some((one) => one === key);
}

async function annotate(api: KubeApi, object: KubeObject, annotations: Readonly<Record<string, string | null>>): Promise<void> {
  const type = await api.resourceType(object.apiVersion, object.kind);
  const { name, namespace } = object.metadata;
  const ref = namespace === undefined ? { name } : { name, namespace };
  await api.patch(type, ref, 'application/merge-patch+json', { metadata: { annotations } }, { fieldManager: FIELD_MANAGER });
}

/** What operator.scope brings to the namespaces of the workloads. */
async function removeScopedRights(options: UninstallOptions): Promise<void> {
  for (const kind of ['RoleBinding', 'Role']) {
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const name = `${NAME}-workloads`;
    const listed = await attempt(options.api, async () => {
      const type = await options.api.resourceType(apiVersion, kind);
      return options.api.list(type, { query: { labelSelector: 'app.kubernetes.io/part-of=duotel' } });
    });
    if (listed.kind === 'refused') {
      const message = `${listed.message}; if operator.scope was set, delete it in each of its namespaces`;
      options.onStep({ object: `${kind}/*/${name}`, action: 'not looked for', message });
    }
    for (const { metadata } of listed.kind === 'done' ? listed.value.items.filter((item) => item.metadata.name === name) : []) {
      await removed(options, { apiVersion, kind, name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) });
    }
  }
}

/** @returns whether it is not there any more, or was never ours. */
async function removed(options: UninstallOptions, doomed: Doomed): Promise<boolean> {
  const done = await attempt(options.api, () => remove(options, doomed));
  if (done.kind === 'refused') options.onStep({ object: nameOf(doomed), action: 'failed', message: done.message });
  return done.kind !== 'refused';
}

function nameOf({ kind, ...metadata }: Doomed): string {
  return describe({ kind, metadata });
}

async function remove({ api, clock, dryRun, onStep }: UninstallOptions, doomed: Doomed): Promise<void> {
  const type = await api.resourceType(doomed.apiVersion, doomed.kind);
  const live = await api.get(type, doomed);
  if (live === undefined || !isOurs(live)) return;
  // The operator is gone when its pods are.
  if (!dryRun) await api.delete(type, doomed, undefined, doomed.kind === 'Deployment' ? 'Foreground' : 'Background');
  // The CRD is gone only when its objects are; the namespace when all in it is.
  for (const end = clock.now() + 120_000; !dryRun && (await stillThere(api, type, doomed)); await clock.sleep(500)) {
    if (clock.now() > end) throw new Error(`${nameOf(doomed)}: not gone after 120 s; kubectl get -o yaml shows what holds it`);
  }
  onStep({ object: nameOf(doomed), action: 'deleted' });
}

/** A name alone is no proof: somebody else may have a namespace called duotel. */
function isOurs(live: KubeObject): boolean {
  return live.metadata.labels?.['app.kubernetes.io/part-of'] === 'duotel';
}

async function stillThere(api: KubeApi, type: ResourceType, doomed: Doomed): Promise<boolean> {
  return (await api.get(type, doomed)) !== undefined;
}

/** The ConfigMaps in the workloads' namespaces that the operator had no time to collect. */
async function removeCopies({ api, dryRun, onStep }: UninstallOptions): Promise<void> {
  const type = await api.resourceType('v1', 'ConfigMap');
  for (const copy of (await api.list(type, { query: { labelSelector: FILES_LABEL } })).items) {
    const done = await attempt(api, async () => dryRun || api.delete(type, copy.metadata));
    if (done.kind === 'refused') onStep({ object: describe(copy), action: 'failed', message: done.message });
    else onStep({ object: describe(copy), action: 'deleted' });
  }
}

/** Whether the cluster has anything of what `dist` brings. */
export async function isInstalled(api: KubeApi): Promise<boolean> {
  for (const doomed of INSTALLATION) {
    const live = await api.get(await api.resourceType(doomed.apiVersion, doomed.kind), doomed);
    if (live !== undefined && isOurs(live)) return true;
  }
  return false;
}
