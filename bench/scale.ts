import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../api/kube-object.ts';
import type { KubeApi } from '../src/kube/kube-api.ts';
import { createKubeApi } from '../src/kube/rest/rest-kube-api.ts';
import { type ControlPlane, startControlPlane } from '../tools/cluster/control-plane.ts';
import { synth } from '../tools/demo/synth.ts';
import { say, step } from '../tools/lib/progress.ts';
import { type AuditedRequest, OPERATOR_USER } from '../tools/scale/audit-reader.ts';
import { startOperatorProcess } from '../tools/scale/operator-process.ts';
import { sampleProcess } from '../tools/scale/process-sample.ts';
import { restartApiServer } from '../tools/scale/restart-api-server.ts';
import { type Figure, figure } from './figure.ts';
import { inFlight } from './in-flight.ts';
import { benchDeployment, createStack, IN_FLIGHT, kubectl, USER } from './inject-cluster.ts';
import { OperatorWatch } from './operator-watch.ts';

export interface ScaleOptions {
  readonly folder: string;
  /** Half of them Deployments, of which one in ten is annotated, half ConfigMaps. */
  readonly objects: number;
  /** How long nobody does anything once all is injected. */
  readonly idleSeconds: number;
}

const NAMESPACES = 50;
const ANNOTATED_OF = 10;
const LIMIT_MS = 10 * 60_000;
/** After this time the status says once that the components, which have no node here, are not ready: before anything is counted. */
const READINESS_SECONDS = 5;
/** How long writes are looked for after every kind was listed again. */
const AFTER_RELIST_SECONDS = 60;

/** A cluster full of objects, some injected: the operator's start, idle time and relist must cost no write. */
export async function benchScale({ folder, objects, idleSeconds }: ScaleOptions): Promise<readonly Figure[]> {
  const dist = await synth(folder, false);
  const cluster = await startControlPlane({ audit: true });
  const api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  try {
    const annotated = await fill(cluster, api, dist, objects);
    const watch = new OperatorWatch(cluster.auditLog);
    const first = await startOperatorProcess({ cluster, dist, folder });
    // What the first start writes is the default stack and the injections; the second has nothing to write.
    await step(`injecting ${annotated.length} Deployments`, async () => {
      await watch.patchedAll(annotated, 0, 2, LIMIT_MS);
      await watch.settled(0, (READINESS_SECONDS + 10) * 1000, LIMIT_MS);
    });
    await first.stop();
    const mark = watch.mark();
    const started = performance.now();
    const operator = await startOperatorProcess({ cluster, dist, folder });
    try {
      const ready = (performance.now() - started) / 1000;
      await step(`scale: ${idleSeconds} s in which nobody does anything`, () => sleep(idleSeconds * 1000));
      const idle = watch.requests().slice(mark).filter(isOperators);
      const writes = watch.writes(mark).length;
      const before = watch.mark();
      const away = await restart(cluster);
      await sleep(AFTER_RELIST_SECONDS * 1000);
      const relists = watch.requests().slice(before).filter(isOperators);
      const { peakRssMb, userSeconds, systemSeconds } = sampleProcess(operator.pid);
      for (const { verb, resource, subresource, namespace, name, answered } of watch.writes(mark))
        say(`scale: written at ${new Date(answered).toISOString()}: ${verb} ${resource}/${subresource} ${namespace}/${name}`);
      say(`scale: ${(userSeconds + systemSeconds).toFixed(1)} s of CPU time of the operator over all of it`);
      const what = `${objects} objects in the cluster, ${annotated.length} of them injected`;
      return [
        figure('scale/start-ready', `${what}: process start to ready`, 's', [ready]),
        figure('scale/idle-writes', `${what}: writes of the start and of ${idleSeconds} s after it`, 'writes', [writes]),
        figure('scale/idle-events', 'events written meanwhile', 'writes', [idle.filter(isEvent).length]),
        figure('scale/idle-lists', 'lists meanwhile, those of the start too', 'requests', [idle.filter(isList).length]),
        figure('scale/away', 'the API server killed and started anew: time until it was ready', 's', [away]),
        figure('scale/relists', 'lists after that, of every kind that is watched', 'requests', [relists.filter(isList).length]),
        figure('scale/relist-writes', 'writes since the start, those included', 'writes', [watch.writes(mark).length]),
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

/** Installs the manifests and creates the objects. @returns `namespace/name` of the annotated Deployments. */
async function fill(cluster: ControlPlane, api: KubeApi, dist: string, objects: number): Promise<readonly string[]> {
  await kubectl(cluster, ['apply', '--server-side', '-f', dist]);
  await kubectl(cluster, ['wait', '--for=condition=Established', '--timeout=60s', 'crd/telemetrystacks.duotel.io']);
  await createStack(api, { reconcile: { readinessDeadline: `${READINESS_SECONDS}s` } });
  const [namespaces, deployments, configMaps] = [
    await api.resourceType('v1', 'Namespace'),
    await api.resourceType('apps/v1', 'Deployment'),
    await api.resourceType('v1', 'ConfigMap'),
  ];
  const names = Array.from({ length: NAMESPACES }, (_, index) => `scale-${index}`);
  await inFlight(names, IN_FLIGHT, (name) => api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, USER));
  const annotated: string[] = [];
  await step(`creating ${objects} objects`, () =>
    inFlight(
      Array.from({ length: objects }, (_, index) => index),
      IN_FLIGHT,
      (index) => {
        const namespace = names[index % NAMESPACES] ?? '';
        if (index % 2 === 1) return api.create(configMaps, configMap(namespace, `config-${index}`), USER);
        const name = `app-${index}`;
        const isAnnotated = index % (2 * ANNOTATED_OF) === 0;
        if (isAnnotated) annotated.push(`${namespace}/${name}`);
        return api.create(deployments, benchDeployment(namespace, name, 'none', isAnnotated, 0), USER);
      },
    ),
  );
  return annotated;
}

function configMap(namespace: string, name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { text: 'x'.repeat(500) } };
}

/** @returns seconds until the API server was ready again. */
async function restart(cluster: ControlPlane): Promise<number> {
  const begun = performance.now();
  await step('restarting the API server', () => restartApiServer(cluster));
  return (performance.now() - begun) / 1000;
}

const isOperators = ({ user }: AuditedRequest): boolean => user === OPERATOR_USER;
const isList = ({ verb }: AuditedRequest): boolean => verb === 'list';
const isEvent = ({ resource, verb }: AuditedRequest): boolean => resource === 'events' && (verb === 'create' || verb === 'patch');
