import { SYSTEM_NAMESPACE } from '../../src/api/names.ts';
import type { CredentialsSource } from '../../src/kube/credentials.ts';
import { createKubeApi } from '../../src/kube/rest-kube-api.ts';
import { run } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import { DEMO_LABEL } from './manifests.ts';

/**
 * Throws ToolError unless the user's cluster is free of Duotel and of the demo's namespace, or holds what an earlier demo left: the demo
 * removes what it made, and must never remove something else.
 */
export async function checkEmpty(source: CredentialsSource, namespace: string): Promise<void> {
  const api = await createKubeApi(source);
  try {
    const type = await api.resourceType('v1', 'Namespace');
    const [demo, system] = await Promise.all([api.get(type, { name: namespace }), api.get(type, { name: SYSTEM_NAMESPACE })]);
    const ours = demo?.metadata.labels?.[DEMO_LABEL] === 'true';
    if (demo !== undefined && !ours) {
      throw new ToolError(
        `Namespace/${namespace} exists and is not the demo's`,
        'the demo needs that name for itself: take another cluster',
      );
    }
    if (system !== undefined && !ours) {
      const hint = `annotate a workload of yours and run npx duotel verify; or, if it may go: kubectl delete namespace ${SYSTEM_NAMESPACE}`;
      throw new ToolError(`Namespace/${SYSTEM_NAMESPACE} exists: Duotel is installed already, and the demo would take it away`, hint);
    }
  } finally {
    await api.close();
  }
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
