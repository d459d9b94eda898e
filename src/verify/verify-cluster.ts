import type { CredentialsSource } from '../kube/credentials.ts';
import { loadKubeConfig } from '../kube/credentials.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { createKubeApi } from '../kube/rest-kube-api.ts';
import type { Check } from './check.ts';
import { openClusterPort } from './cluster-port.ts';
import { type InjectedWorkload, injectedWorkloads, parseTarget } from './targets.ts';
import { verify } from './verify.ts';
import { listWorkloads } from './workloads.ts';

export interface VerifyTarget {
  /** `TYPE/NAME`. Default: every injected workload. */
  readonly workload?: string;
  /** Default: all namespaces; the context's where `workload` is given. */
  readonly namespace?: string;
}

/** Verifies workloads of a cluster, stack by stack. Throws Error for what cannot be asked at all: no cluster, no such workload. */
export async function verifyCluster(source: CredentialsSource, target: VerifyTarget): Promise<readonly Check[]> {
  const api = await createKubeApi(source);
  try {
    const workloads = await chosen(api, source, target);
    if (workloads.length === 0) {
      const where = target.namespace === undefined ? 'any namespace' : `namespace ${target.namespace}`;
      const hint = 'kubectl annotate deployment/NAME duotel.io/backend=both; duotel status says what stands in the way';
      return [{ step: 'workload', what: 'injected workloads', state: 'failed', found: `none in ${where}`, hint }];
    }
    const checks: Check[] = workloads.map(({ kind, namespace, name, backend, stack }) => {
      const found = `${backend}, reports to TelemetryStack ${stack}`;
      return { step: 'workload', what: `${kind}/${namespace}/${name}`, state: 'ok', found };
    });
    for (const stack of new Set(workloads.map((workload) => workload.stack))) {
      const [namespace = '', name = ''] = stack.split('/');
      const port = await openClusterPort(api, source, { namespace, name });
      try {
        const ofStack = workloads.filter((workload) => workload.stack === stack);
        checks.push(...(await verify(ofStack, port)));
      } finally {
        await port.close();
      }
    }
    return checks;
  } finally {
    await api.close();
  }
}

async function chosen(api: KubeApi, source: CredentialsSource, target: VerifyTarget): Promise<readonly InjectedWorkload[]> {
  if (target.workload === undefined) return injectedWorkloads(await listWorkloads(api, target.namespace));
  const wanted = parseTarget(target.workload);
  const namespace = target.namespace ?? (await contextNamespace(source));
  const objects = await listWorkloads(api, namespace);
  const object = objects.find(({ kind, metadata }) => kind === wanted.kind && metadata.name === wanted.name);
  if (object === undefined) {
    const others = objects.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`).join(', ') || 'none';
    throw new Error(`namespace ${namespace} has no ${wanted.kind} ${wanted.name}: it has ${others}; choose the namespace with -n`);
  }
  return injectedWorkloads([object]);
}

async function contextNamespace(source: CredentialsSource): Promise<string> {
  const config = await loadKubeConfig(source);
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
}
