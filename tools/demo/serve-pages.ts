import { DEFAULT_STACK, PORT, SYSTEM_NAMESPACE, selectorLabels } from '../../api/names.ts';
import type { CredentialsSource } from '../../src/kube/rest/credentials.ts';
import { type Forwarding, forwardPort } from '../../src/kube/rest/port-forward.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { runningPods } from '../../src/verify/cluster-port.ts';

/** Pages of the stack on this machine's loopback, as long as they are not closed. */
export interface Pages {
  readonly urls: readonly { readonly name: string; readonly url: string }[];
  close(): Promise<void>;
}

const PAGES = [
  { name: 'Jaeger', component: 'jaeger', port: PORT.jaegerUi },
  { name: 'Prometheus', component: 'prometheus', port: PORT.prometheus },
  { name: 'Grafana', component: 'grafana', port: PORT.grafana },
] as const;

/** Port-forwards to every component with a page that has a running pod. */
export async function servePages(source: CredentialsSource): Promise<Pages> {
  const api = await createKubeApi(source);
  const open: (Forwarding & { readonly name: string })[] = [];
  try {
    for (const { name, component, port } of PAGES) {
      const [pod] = await runningPods(api, SYSTEM_NAMESPACE, selectorLabels(DEFAULT_STACK, component));
      if (pod === undefined) continue;
      open.push({ name, ...(await forwardPort(source, { namespace: SYSTEM_NAMESPACE, pod: pod.metadata.name, port })) });
    }
  } finally {
    await api.close();
  }
  return {
    urls: open,
    close: async () => {
      await Promise.all(open.map((forwarding) => forwarding.close()));
    },
  };
}
