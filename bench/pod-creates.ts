import type { KubeObject } from '../api/kube-object.ts';
import { inFlight } from './in-flight.ts';
import { IN_FLIGHT, type InjectCluster, USER } from './inject-cluster.ts';

const COUNT = 500;
const NAMESPACE = 'team-0';
const LABEL = 'bench-pod';

/** Pods created a second, 16 at a time, once a run. The pods are bound to a fake node and removed after each run. */
export async function podCreateRates({ api, nodes }: InjectCluster, runs: number): Promise<readonly number[]> {
  const type = await api.resourceType('v1', 'Pod');
  const rates: number[] = [];
  for (let run = 0; run < runs; run++) {
    const pods = Array.from({ length: COUNT }, (_, index): KubeObject => {
      const name = `${LABEL}-${run}-${index}`;
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: NAMESPACE, labels: { [LABEL]: 'true' } },
        spec: { nodeName: nodes[0], terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'app:1' }] },
      };
    });
    const started = performance.now();
    await inFlight(pods, IN_FLIGHT, (pod) => api.create(type, pod, USER));
    rates.push((COUNT * 1000) / (performance.now() - started));
    await inFlight(pods, IN_FLIGHT, (pod) => api.delete(type, pod.metadata));
  }
  return rates;
}
