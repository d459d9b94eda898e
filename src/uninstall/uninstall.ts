import { ANNOTATION, PREFIX } from '../../api/annotations.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { telemetryStackCrd } from '../../api/telemetry-stack.ts';
import { FILES_LABEL } from '../inject/change/config-map.ts';
import type { Clock } from '../kube/clock.ts';
import { isApiError, type KubeApi, type ResourceType } from '../kube/kube-api.ts';
import { refusalText } from '../kube/refusal.ts';
import { listStacks } from '../survey/survey.ts';
import { listWorkloads } from '../survey/workloads.ts';
import { uninstallObstacle } from './obstacle.ts';

export interface UninstallOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  /** `revert`: workloads get their former template back first. `keep`: their pods keep what they have. */
  readonly workloads: 'revert' | 'keep';
  /** Changes nothing; says what would be done. */
  readonly dryRun: boolean;
  /** Called for each step, when it is done (or would be). */
  readonly onStep: (step: Step) => void;
  /** Milliseconds that the operator may take to revert all workloads. Default 2 minutes. */
  readonly limitMs?: number;
}

export interface Step {
  /** `Kind/namespace/name`. */
  readonly object: string;
  readonly action: 'opted out' | 'reverted' | 'annotations removed' | 'deleted' | 'not looked for';
  /** What stays undone, and what to do. */
  readonly message?: string;
}

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
 * Takes Duotel out of a cluster: opts the workloads out (the operator then reverts them), deletes the operator, removes the annotations, and
 * deletes its rights, the CRD and the namespace with all data in it.
 * @throws Error that names the workloads that cannot be reverted; nothing has been deleted then.
 */
export async function uninstall(options: UninstallOptions): Promise<void> {
  const [operator, ...rest] = INSTALLATION;
  const annotated = options.workloads === 'revert' ? await revertWorkloads(options) : [];
  if (operator !== undefined) await remove(options, operator);
  // Now nobody acts on them any more: in whatever order they go, no workload is injected once more.
  const objects =
    options.workloads === 'keep' || options.dryRun
      ? annotated
      : [...(await listNamespaces(options.api)), ...(await listWorkloads(options.api))];
  for (const object of objects) await removeAnnotations(options, object);
  await removeScopedRights(options);
  for (const doomed of rest) await remove(options, doomed);
  if (options.workloads === 'revert') await removeCopies(options);
}

/** Opts every workload out and waits for the operator to revert it; returns what has annotations that are to go. */
async function revertWorkloads(options: UninstallOptions): Promise<readonly KubeObject[]> {
  const { api, clock, dryRun, onStep, limitMs = 120_000 } = options;
  const workloads = await listWorkloads(api);
  const namespaces = await listNamespaces(api);
  const obstacle = uninstallObstacle(workloads, namespaces, await listStacks(api));
  if (obstacle !== undefined) throw new Error(`${obstacle}, or use --keep. Nothing was changed`);
  const byDefault = new Set(namespaces.filter(asks).map(({ metadata }) => metadata.name));
  const active = workloads.filter(
    (object) => isInjected(object) || asks(object) || (!optsOut(object) && byDefault.has(object.metadata.namespace ?? '')),
  );
  for (const object of active.filter((one) => !optsOut(one))) {
    if (!dryRun) await annotate(api, object, { [ANNOTATION.backend]: 'none' });
    onStep({ object: describe(object), action: 'opted out' });
  }
  // The `none` that was just written goes with the rest.
  const annotations = { [ANNOTATION.backend]: 'none' };
  const opted = new Map(
    active.map((one) => [one, { ...one, metadata: { ...one.metadata, annotations: { ...one.metadata.annotations, ...annotations } } }]),
  );
  const annotated = [...namespaces, ...workloads.map((one) => opted.get(one) ?? one)];
  if (dryRun) return annotated;

  const waiting = new Set(workloads.filter(isInjected).map(describe));
  for (const end = clock.now() + limitMs; waiting.size > 0; await clock.sleep(500)) {
    const injected = new Set((await listWorkloads(api)).filter(isInjected).map(describe));
    for (const object of waiting) {
      if (injected.has(object)) continue;
      waiting.delete(object);
      onStep({ object, action: 'reverted' });
    }
    if (waiting.size === 0 || clock.now() < end) continue;
    throw new Error(
      `${[...waiting].join(', ')}: not reverted within ${limitMs / 1000} s. Is the operator running? kubectl -n ${SYSTEM_NAMESPACE} logs deployment/${NAME}. Nothing was deleted, the workloads are opted out by ${ANNOTATION.backend}=none; run the command again, or use --keep`,
    );
  }
  return annotated;
}

async function listNamespaces(api: KubeApi): Promise<readonly KubeObject[]> {
  return (await api.list(await api.resourceType('v1', 'Namespace'))).items;
}

function asks({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[ANNOTATION.backend] !== undefined && annotations[ANNOTATION.backend] !== 'none';
}

function optsOut({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[ANNOTATION.backend] === 'none';
}

function isInjected({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[ANNOTATION.injected] !== undefined;
}

async function removeAnnotations({ api, dryRun, onStep }: UninstallOptions, object: KubeObject): Promise<void> {
  // A misspelt one too. The record of `duotel inject -f` belongs to variables that stay, as Git has them.
  const present = Object.keys(object.metadata.annotations ?? {}).filter((key) => key.startsWith(PREFIX) && key !== ANNOTATION.manifest);
  if (present.length === 0) return;
  if (!dryRun) await annotate(api, object, Object.fromEntries(present.map((key) => [key, null])));
  onStep({ object: describe(object), action: 'annotations removed' });
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
    try {
      const type = await options.api.resourceType(apiVersion, kind);
      const { items } = await options.api.list(type, { query: { labelSelector: 'app.kubernetes.io/part-of=duotel' } });
      for (const { metadata } of items.filter((item) => item.metadata.name === name)) {
        await remove(options, { apiVersion, kind, name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) });
      }
    } catch (error) {
      if (!isApiError(error, 'Forbidden')) throw error;
      const message = `${refusalText(error.body)}: if operator.scope was set, delete it in each of its namespaces`;
      options.onStep({ object: `${kind}/*/${name}`, action: 'not looked for', message });
    }
  }
}

async function remove({ api, clock, dryRun, onStep }: UninstallOptions, doomed: Doomed): Promise<void> {
  const type = await api.resourceType(doomed.apiVersion, doomed.kind);
  const live = await api.get(type, doomed);
  if (live === undefined || !isOurs(live)) return;
  // The operator is gone when its pods are.
  if (!dryRun) await api.delete(type, doomed, undefined, doomed.kind === 'Deployment' ? 'Foreground' : 'Background');
  // The CRD is gone only when its objects are; the namespace when all in it is.
  for (const end = clock.now() + 120_000; !dryRun && (await stillThere(api, type, doomed)); await clock.sleep(500)) {
    if (clock.now() > end)
      throw new Error(
        `${describe({ kind: doomed.kind, metadata: doomed })}: not gone after 120 s; kubectl get -o yaml shows what holds it`,
      );
  }
  onStep({ object: describe({ kind: doomed.kind, metadata: doomed }), action: 'deleted' });
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
    if (!dryRun) await api.delete(type, copy.metadata);
    onStep({ object: describe(copy), action: 'deleted' });
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
