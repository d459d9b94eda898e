import { ANNOTATION, USER_ANNOTATIONS } from '../api/annotations.ts';
import { describe, type KubeObject } from '../api/kube-object.ts';
import { FIELD_MANAGER, SYSTEM_NAMESPACE } from '../api/names.ts';
import { telemetryStackCrd } from '../api/telemetry-stack.ts';
import { FILES_LABEL } from '../inject/config-map.ts';
import { podTemplate } from '../inject/pod-template.ts';
import type { KubeApi, ResourceType } from '../kube/kube-api.ts';
import type { Clock } from '../kube/retry.ts';
import { listWorkloads } from '../verify/workloads.ts';

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
  readonly action: 'annotations removed' | 'reverted' | 'deleted';
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
 * Takes Duotel out of a cluster: the workloads' annotations (the operator then reverts them), the operator, its rights, the CRD and the
 * namespace with all data in it.
 * @throws Error that names the workloads that cannot be reverted; nothing has been deleted then.
 */
export async function uninstall(options: UninstallOptions): Promise<void> {
  if (options.workloads === 'revert') await revertWorkloads(options);
  for (const doomed of INSTALLATION) await remove(options, doomed);
  if (options.workloads === 'revert') await removeCopies(options);
}

async function revertWorkloads(options: UninstallOptions): Promise<void> {
  const { api, clock, dryRun, onStep, limitMs = 120_000 } = options;
  const workloads = await listWorkloads(api);
  const byTemplate = workloads.filter((workload) => podTemplate(workload)?.metadata?.annotations?.[ANNOTATION.backend] !== undefined);
  if (byTemplate.length > 0) {
    const names = byTemplate.map(describe).join(', ');
    throw new Error(
      `${names}: ${ANNOTATION.backend} is on the pod template, where only its owner may remove it: remove it there, or use --keep. Nothing was changed`,
    );
  }
  const namespaces = (await api.list(await api.resourceType('v1', 'Namespace'))).items;
  for (const object of [...namespaces, ...workloads]) await removeAnnotations(options, object);
  if (dryRun) return;

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
      `${[...waiting].join(', ')}: not reverted within ${limitMs / 1000} s. Is the operator running? kubectl -n ${SYSTEM_NAMESPACE} logs deployment/${NAME}. Nothing was deleted; run the command again, or use --keep`,
    );
  }
}

function isInjected({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[ANNOTATION.injected] !== undefined;
}

async function removeAnnotations({ api, dryRun, onStep }: UninstallOptions, object: KubeObject): Promise<void> {
  const present = USER_ANNOTATIONS.filter((key) => object.metadata.annotations?.[key] !== undefined);
  if (present.length === 0) return;
  if (!dryRun) {
    const type = await api.resourceType(object.apiVersion, object.kind);
    const body = { metadata: { annotations: Object.fromEntries(present.map((key) => [key, null])) } };
    await api.patch(type, object.metadata, 'application/merge-patch+json', body, { fieldManager: FIELD_MANAGER });
  }
  onStep({ object: describe(object), action: 'annotations removed' });
}

async function remove({ api, clock, dryRun, onStep }: UninstallOptions, doomed: Doomed): Promise<void> {
  const type = await api.resourceType(doomed.apiVersion, doomed.kind);
  const live = await api.get(type, doomed);
  if (live === undefined || !isOurs(live)) return;
  if (!dryRun) await api.delete(type, doomed);
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
