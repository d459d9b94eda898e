import type { CredentialsSource } from '../kube/rest/credentials.ts';
import { loadKubeConfig } from '../kube/rest/credentials.ts';
import { createKubeApi } from '../kube/rest/rest-kube-api.ts';
import { workloadId } from '../survey/targets.ts';
import type { Check } from './check.ts';
import { choose, type VerifyTarget } from './choose.ts';
import { openClusterPort } from './cluster-port.ts';
import { verify } from './verify.ts';

/** Verifies workloads of a cluster, stack by stack. Throws Error for what cannot be asked at all: no cluster, no such workload. */
export async function verifyCluster(source: CredentialsSource, target: VerifyTarget): Promise<readonly Check[]> {
  const api = await createKubeApi(source);
  try {
    const choice = await choose(api, target, () => contextNamespace(source));
    if ('failed' in choice) return [choice.failed];
    const { workloads } = choice;
    const checks: Check[] = workloads.map((workload) => {
      const found = `${workload.backend}, reports to TelemetryStack ${workload.stack}`;
      return { step: 'workload', what: workloadId(workload), state: 'ok', found };
    });
    for (const stack of new Set(workloads.map((workload) => workload.stack))) {
      const [namespace = '', name = ''] = stack.split('/');
      const port = await openClusterPort(api, source, { namespace, name });
      try {
        const ofStack = workloads.filter((workload) => workload.stack === stack);
        checks.push(...(await verify(ofStack, port, { named: workloads.length > 1 })));
      } finally {
        await port.close();
      }
    }
    return checks;
  } finally {
    await api.close();
  }
}

async function contextNamespace(source: CredentialsSource): Promise<string> {
  const config = await loadKubeConfig(source);
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
}
