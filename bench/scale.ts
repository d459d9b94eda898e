import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../src/api/kube-object.ts';
import { createKubeApi } from '../src/kube/rest-kube-api.ts';
import { startControlPlane } from '../tools/cluster/control-plane.ts';
import { synth } from '../tools/demo/synth.ts';
import { say, step } from '../tools/lib/progress.ts';
import { startOperatorProcess } from '../tools/scale/operator-process.ts';
import { sampleProcess } from '../tools/scale/process-sample.ts';
import { restartApiServer } from '../tools/scale/restart-api-server.ts';
import { type Figure, figure } from './figure.ts';
import { inFlight } from './in-flight.ts';
import { benchDeployment, IN_FLIGHT, kubectl, USER } from './inject-cluster.ts';
import { OperatorWatch } from './operator-watch.ts';

export interface ScaleOptions {
  readonly folder: string;
  /** Half of them Deployments without annotation, half ConfigMaps. */
  readonly objects: number;
  /** How long nobody does anything, before and after the forced relist. */
  readonly idleSeconds: number;
}

const NAMESPACES = 50;
const LIMIT_MS = 10 * 60_000;

/** A cluster full of objects that are none of the operator's business: its start, idle time and relist must cost no write. */
export async function benchScale({ folder, objects, idleSeconds }: ScaleOptions): Promise<readonly Figure[]> {
  const dist = await synth(folder, false);
  const cluster = await startControlPlane({ audit: true });
  const api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  try {
    await kubectl(cluster, ['apply', '--server-side', '-f', dist]);
    await step(`creating ${objects} objects`, async () => {
      const [namespaces, deployments, configMaps] = [
        await api.resourceType('v1', 'Namespace'),
        await api.resourceType('apps/v1', 'Deployment'),
        await api.resourceType('v1', 'ConfigMap'),
      ];
      const names = Array.from({ length: NAMESPACES }, (_, index) => `scale-${index}`);
      await inFlight(names, IN_FLIGHT, (name) => api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, USER));
      const indexes = Array.from({ length: objects }, (_, index) => index);
      await inFlight(indexes, IN_FLIGHT, (index) => {
        const namespace = names[index % NAMESPACES] ?? '';
        if (index % 2 === 0) return api.create(deployments, benchDeployment(namespace, `app-${index}`, 'none', false, 0), USER);
        const configMap: KubeObject = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `config-${index}`, namespace },
          data: { text: 'x'.repeat(500) },
        };
        return api.create(configMaps, configMap, USER);
      });
    });
    const watch = new OperatorWatch(cluster.auditLog);
    const first = await startOperatorProcess({ cluster, dist, folder });
    // What the first start writes is the default stack's; the second has nothing to write.
    await watch.settled(0, 10_000, LIMIT_MS);
    await first.stop();
    const mark = watch.mark();
    const started = performance.now();
    const operator = await startOperatorProcess({ cluster, dist, folder });
    try {
      const ready = (performance.now() - started) / 1000;
      await sleep(idleSeconds * 1000);
      const idle = watch.writes(mark).length;
      const before = watch.requests().length;
      await step('restarting the API server', () => restartApiServer(cluster));
      await sleep(Math.max(30, idleSeconds) * 1000);
      const lists = watch
        .requests()
        .slice(before)
        .filter(({ verb, user }) => verb === 'list' && user !== 'admin').length;
      say(`scale: ${lists} lists of the operator after the API server was back`);
      const { peakRssMb } = sampleProcess(operator.pid);
      const what = `${objects} objects in the cluster`;
      return [
        figure('scale/start-ready', `${what}: process start to ready`, 's', [ready]),
        figure('scale/idle-writes', `${what}: writes of the start and of ${idleSeconds} s after it`, 'writes', [idle]),
        figure('scale/relists', `${what}: lists after the API server was started anew`, 'requests', [lists]),
        figure('scale/relist-writes', `${what}: writes since, with every kind listed again`, 'writes', [watch.writes(mark).length]),
        figure('scale/peak-rss', `${what}: peak RSS`, 'MB', [peakRssMb]),
      ];
    } finally {
      await operator.stop();
    }
  } finally {
    await api.close();
    await cluster.stop();
  }
}
