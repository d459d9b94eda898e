import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { podTemplate } from '../../src/inject/workload/pod-template.ts';
import type { ResourceType } from '../../src/kube/kube-api.ts';
import { createKubeApi, type RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import type { AuditedRequest } from '../../tools/scale/audit-reader.ts';
import { auditEvents, auditMark, line, operatorWrites } from '../support/cluster/audit-log.ts';
import { TemplateHistory } from '../support/cluster/template-history.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { APP, deployment } from '../support/gitops/app.ts';
import { eventually } from '../support/time/eventually.ts';
import { slowness } from '../support/time/slowness.ts';

/** Many injected workloads: what they cost, how fast a drift is repaired, and how quiet it is when nothing happens. */

const NAMESPACE = 'many';
const WORKLOADS = 500;
const SAMPLES = 200;
const DEPLOYMENT: ResourceType = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const names = Array.from({ length: WORKLOADS }, (_, index) => `app-${index}`);

const cluster = useInstallation({ until: 'manifests', namespaces: [NAMESPACE] });
let api: RestKubeApi;
let history: TemplateHistory;

const holds = (name: string): boolean => {
  const object = history.get(NAMESPACE, name);
  return object !== undefined && podTemplate(object)?.spec.containers[0]?.env?.some((item) => item.name === 'OTEL_SERVICE_NAME') === true;
};
const isReleased = (name: string): boolean =>
  history.get(NAMESPACE, name)?.metadata.managedFields?.every(({ manager }) => manager !== 'duotel') === true;
const writesSince = (mark: number): readonly AuditedRequest[] => operatorWrites(auditEvents(cluster.auditLog, mark));

beforeAll(async () => {
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  history = await TemplateHistory.start(api);
  const annotations = { 'duotel.io/backend': 'both' };
  for (const name of names) await api.create(DEPLOYMENT, deployment(name, NAMESPACE, { containers: [APP], annotations }));
  await cluster.startOperator();
  await eventually('all to be injected', async () => names.every((name) => holds(name) && isReleased(name)), 480);
}, 900_000);

afterAll(async () => {
  history?.stop();
  await api?.close();
});

describe(`${WORKLOADS} injected workloads`, () => {
  it('cost one write and one release each', async () => {
    // The creations are this test's, by the same client.
    const written = (): readonly AuditedRequest[] =>
      writesSince(0).filter(({ namespace, resource, verb }) => namespace === NAMESPACE && resource === 'deployments' && verb !== 'create');
    // A watch shows what a request did before the log does.
    await eventually('the last of them in the audit log', async () => written().length >= 2 * WORKLOADS);
    const counts = new Map<string, number>();
    for (const { name } of written()) counts.set(name, (counts.get(name) ?? 0) + 1);
    expect(counts.size).toBe(WORKLOADS);
    expect([...counts].filter(([, count]) => count !== 2)).toEqual([]);
    expect(names.filter((name) => history.rollouts(NAMESPACE, name) !== 1)).toEqual([]);
  });

  it('are told of nothing but that', async () => {
    const type = await api.resourceType('v1', 'Event');
    const told = async (): Promise<readonly unknown[]> =>
      (await api.list(type, { namespace: NAMESPACE })).items
        .filter(({ reportingComponent }) => reportingComponent === 'duotel.io/operator')
        .map(({ reason }) => reason);
    // Events come last: what people wait for goes first.
    await eventually('an event each', async () => (await told()).length >= WORKLOADS);
    expect(await told()).toEqual(names.map(() => 'Injected'));
  });

  it('are left alone when nothing happens', async () => {
    await eventually('the counts to be written', async () => {
      const mark = auditMark(cluster.auditLog);
      await sleep(2000);
      return writesSince(mark).length === 0;
    });
    const mark = auditMark(cluster.auditLog);
    await sleep(10_000);
    expect(writesSince(mark).map(line)).toEqual([]);
  });

  it('get back a variable that somebody takes away in less than a second (p99)', async () => {
    const template = { spec: { containers: [{ name: 'app', env: [{ name: 'OTEL_SERVICE_NAME', $patch: 'delete' }] }] } };
    const milliseconds: number[] = [];
    const paces: number[] = [];
    for (const name of names.slice(0, SAMPLES)) {
      const edited = await api.patch(DEPLOYMENT, { name, namespace: NAMESPACE }, 'application/strategic-merge-patch+json', {
        spec: { template },
      });
      const start = performance.now();
      const isRepaired = (): boolean =>
        history.get(NAMESPACE, name)?.metadata.resourceVersion !== edited.metadata.resourceVersion && holds(name);
      // The watch may still show the version before the edit.
      const seen = (): boolean => history.rollouts(NAMESPACE, name) === 3;
      while (!(seen() && isRepaired()) && performance.now() - start < 20_000) await sleep(1);
      milliseconds.push(performance.now() - start);
      paces.push(slowness());
    }
    milliseconds.sort((a, b) => a - b);
    const pace = paces.reduce((sum, one) => sum + one, 0) / paces.length;
    const at = (share: number): number => Math.round(milliseconds[Math.ceil(SAMPLES * share) - 1] ?? Number.NaN);
    process.stdout.write(
      `drift repaired, milliseconds: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}; machine slower by ${pace.toFixed(1)}\n`,
    );
    expect(at(0.99)).toBeLessThan(1000 * pace);
  });
});
