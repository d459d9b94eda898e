import { ANNOTATION } from '../../api/annotations.ts';
import { SYSTEM_NAMESPACE } from '../../api/names.ts';
import type { KubeApi } from '../../src/kube/kube-api.ts';
import type { CredentialsSource } from '../../src/kube/rest/credentials.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { listWorkloads } from '../../src/survey/workloads.ts';
import { run } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import { DEMO_LABEL } from './manifests.ts';

/** {@link checkEmptyOn} on the cluster of these credentials. */
export async function checkEmpty(source: CredentialsSource, namespace: string): Promise<void> {
  const api = await createKubeApi(source);
  try {
    await checkEmptyOn(api, namespace);
  } finally {
    await api.close();
  }
}

/**
 * Throws ToolError unless the user's cluster is free of Duotel and of the demo's namespace, or holds what an earlier demo left: the demo
 * removes what it made, and must never remove something else. An injected workload of the user's needs the stack it reports to, whoever
 * has installed it.
 */
export async function checkEmptyOn(api: KubeApi, namespace: string): Promise<void> {
  const type = await api.resourceType('v1', 'Namespace');
  const [demo, system, workloads] = await Promise.all([
    api.get(type, { name: namespace }),
    api.get(type, { name: SYSTEM_NAMESPACE }),
    listWorkloads(api),
  ]);
  const ours = demo?.metadata.labels?.[DEMO_LABEL] === 'true';
  if (demo !== undefined && !ours) {
    throw new ToolError(`Namespace/${namespace} exists and is not the demo's`, 'the demo needs that name for itself: take another cluster');
  }
  const foreign = workloads.filter(
    ({ metadata }) => metadata.namespace !== namespace && metadata.annotations?.[ANNOTATION.injected] !== undefined,
  );
  if (foreign.length > 0) {
    const names = foreign.map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`).join(', ');
    throw new ToolError(`${names}: injected by Duotel, and the demo would take away the stack at its end`, hint(foreign.length));
  }
  if (system !== undefined && !ours) {
    const message = `Namespace/${SYSTEM_NAMESPACE} exists: Duotel is installed already, and the demo would take it away`;
    throw new ToolError(message, hint(0));
  }
}

function hint(injected: number): string {
  const use = injected > 0 ? 'run npx duotel verify' : 'annotate a workload of yours and run npx duotel verify';
  return `${use}; or, if Duotel may go: npx duotel uninstall --revert`;
}

/** Deletes what the demo applied: the example's namespace, then everything of dist. */
export async function removeAll(source: CredentialsSource, dist: string, namespace: string): Promise<void> {
  const flags = [
    ...(source.kubeconfig === undefined ? [] : ['--kubeconfig', source.kubeconfig]),
    ...(source.context === undefined ? [] : ['--context', source.context]),
  ];
  const common = ['--ignore-not-found', '--wait=true', '--timeout=120s'];
  const first = await run('kubectl', [...flags, 'delete', 'namespace', namespace, ...common], { timeoutMs: 150_000 });
  const second = await run('kubectl', [...flags, 'delete', '-f', dist, ...common], { timeoutMs: 300_000 });
  const failed = [first, second].find(({ code }) => code !== 0);
  if (failed !== undefined) throw new ToolError(`not all of it could be removed:\n  ${failed.stderr.trim()}`, `kubectl delete -f dist`);
}
