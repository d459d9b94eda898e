import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKubeApi, type RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import type { Check } from '../../src/verify/check.ts';
import type { ClusterPort } from '../../src/verify/cluster-port.ts';
import { verifyCluster } from '../../src/verify/verify-cluster.ts';
import { binary } from '../../tools/build/binary.ts';
import { type Cluster, downCluster, upCluster } from '../../tools/cluster/cluster.ts';
import { type ApiRelay, openApiRelay } from '../../tools/demo/api-relay.ts';
import { runWorkload, type ServedStats } from '../../tools/demo/app.ts';
import { JourneyContext } from '../../tools/demo/context.ts';
import type { Rollout } from '../../tools/demo/deployment.ts';
import {
  APP,
  annotate,
  dashboardChecks,
  deployExample,
  exactness,
  exampleReady,
  install,
  openPort,
  queryOnce,
  revertChecks,
  stackReady,
  telemetryArrived,
  verifyApp,
} from '../../tools/demo/journey.ts';
import { ragPythonObjects, yamlStream } from '../../tools/demo/manifests.ts';
import { synth } from '../../tools/demo/synth.ts';
import { LOCAL_IMAGES } from '../../tools/images/images.ts';
import { auditEvents, auditMark, line, operatorWrites } from '../support/cluster/audit-log.ts';
import { eventually } from '../support/time/eventually.ts';

/** Not the default name: the demo's cluster may run beside this one. */
const NAME = 'e2e-journey';
const NAMESPACE = 'demo';
const SELF = 'self-rag';
const UP_LIMIT_MS = 40 * 60_000;
const STEP_LIMIT_MS = 15 * 60_000;

const failed = (checks: readonly Check[]) => checks.filter(({ state }) => state === 'failed').map(({ what, found }) => `${what}: ${found}`);

/** The tests are the steps of one journey: each goes on where the one before it ended. */
describe('the journey on a real node', () => {
  let folder: string;
  let cluster: Cluster;
  let relay: ApiRelay;
  let api: RestKubeApi;
  let ctx: JourneyContext;
  let port: ClusterPort;
  let before: { readonly app: Rollout; readonly api: Rollout };
  let during: Rollout;
  let served: ServedStats;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'duotel-e2e-'));
    const dist = synth(folder, true);
    dist.catch(() => undefined);
    await downCluster(NAME);
    cluster = await upCluster(NAME);
    relay = await openApiRelay(cluster, folder);
    const source = { kubeconfig: relay.kubeconfig };
    api = await createKubeApi(source);
    const images = { ragPython: LOCAL_IMAGES.ragPython, fakeOpenai: LOCAL_IMAGES.fakeOpenai };
    ctx = new JourneyContext({ api, source, kubectl: await binary('kubectl'), dist: await dist, namespace: NAMESPACE, images });
  }, UP_LIMIT_MS);

  afterAll(async () => {
    await port?.close();
    await api?.close();
    await relay?.close();
    await downCluster(NAME);
    rmSync(folder, { recursive: true, force: true });
  });

  const replicaSets = async () =>
    (await ctx.kubectlOk(['get', 'replicasets', '-n', NAMESPACE, '-l', `app.kubernetes.io/name=${APP}`, '-o', 'name'])).trim().split('\n');

  it(
    'begins with one kubectl apply -f dist, and the stack gets Ready',
    async () => {
      const lines = await install(ctx);
      expect(lines.filter((text) => !text.endsWith(' created'))).toEqual([]);
      await deployExample(ctx);
      const self = ragPythonObjects(NAMESPACE, LOCAL_IMAGES.ragPython, { name: SELF, program: 'self_setup.py' });
      await ctx.kubectlOk(['apply', '-f', '-'], yamlStream(self));
      const { components } = await stackReady(ctx);
      expect(components?.map(({ name, ready }) => [name, ready])).toEqual([
        ['collector', true],
        ['jaeger', true],
        ['prometheus', true],
      ]);
      before = await exampleReady(ctx);
    },
    STEP_LIMIT_MS,
  );

  it(
    'finds everything unchanged when the same is applied again',
    async () => {
      const lines = await install(ctx);
      expect(lines.filter((text) => !text.endsWith(' unchanged'))).toEqual([]);
    },
    STEP_LIMIT_MS,
  );

  it('sees no write of the operator for 60 s after it has settled', async () => {
    const writesSince = (mark: number) => operatorWrites(auditEvents(cluster.auditLog ?? '', mark)).map(line);
    await eventually(
      'the operator to settle',
      async () => {
        const mark = auditMark(cluster.auditLog ?? '');
        await sleep(3_000);
        return writesSince(mark).length === 0;
      },
      90,
    );
    const from = auditMark(cluster.auditLog ?? '');
    await sleep(60_000);
    expect(writesSince(from)).toEqual([]);
  });

  it(
    'turns both producers on with one annotation and one rollout',
    async () => {
      during = await annotate(ctx, APP, ['backend=both', 'bootstrap=python'], true);
      expect(during.annotations['duotel.io/status']).toBe('Injected both');
      expect(await replicaSets()).toHaveLength(2);
      expect(during.managers).not.toContain('duotel');
    },
    STEP_LIMIT_MS,
  );

  it(
    'makes 51 spans in 6 traces of one run of the workload, and tokens, calls and cost are exact',
    async () => {
      port = await openPort(ctx);
      served = await queryOnce(ctx, { app: during.pod, api: before.api.pod });
      await telemetryArrived(ctx, port, served, 1);
      const checks = await exactness(port, served, 1);
      expect(failed(checks)).toEqual([]);
      expect(checks.map(({ what }) => what)).toEqual([
        'input tokens = served',
        'output tokens = served',
        'calls = served',
        'cost = served x price (USD)',
        'no model "unknown"',
        'traces of one run',
      ]);
      // 467 prompt and 28 completion tokens of gpt-4o-mini, at 0.15 and 0.6 USD a million.
      expect(checks.find(({ what }) => what.startsWith('cost'))?.values?.['gpt-4o-mini' as never]).toBeCloseTo(8.685e-5, 12);
    },
    STEP_LIMIT_MS,
  );

  it(
    'passes the three verification steps, and every rate of the dashboards moves',
    async () => {
      served = await queryOnce(ctx, { app: during.pod, api: before.api.pod });
      await telemetryArrived(ctx, port, served, 2);
      const checks = await verifyApp(ctx, port);
      expect(failed(checks)).toEqual([]);
      for (const query of checks.filter(({ step }) => step === 'dashboards'))
        expect(Object.values(query.values ?? {}).every((value) => Number(value) > 0)).toBe(true);
      expect(failed(await exactness(port, served, 2))).toEqual([]);
    },
    STEP_LIMIT_MS,
  );

  it(
    'has provisioned dashboards whose every query the real Prometheus answers',
    async () => {
      expect(failed(await dashboardChecks(port))).toEqual([]);
    },
    STEP_LIMIT_MS,
  );

  it(
    'gives an app that sets itself up what it needs, cost too, with the annotation alone',
    async () => {
      const rollout = await annotate(ctx, SELF, ['backend=both'], true);
      await runWorkload(ctx.options.source, NAMESPACE, rollout.pod);
      const cost = await eventually(
        'the cost of the app that sets itself up',
        async () => (await port.prometheus.query(`sum(gen_ai_total_cost{service_name="${SELF}"})`))[0]?.value,
        180,
      );
      expect(cost).toBeGreaterThan(0);
    },
    STEP_LIMIT_MS,
  );

  it(
    'is verified by duotel verify for all workloads at once',
    async () => {
      // Span metrics are flushed, and then scraped, every 15 s: the second app's may still be on their way.
      const checks = await eventually(
        'everything of both workloads',
        async () => {
          const found = await verifyCluster(ctx.options.source, {});
          const missing = failed(found);
          if (missing.length > 0) throw new Error(missing.join('\n'));
          return found;
        },
        180,
      );
      expect(checks.filter(({ step }) => step === 'workload').map(({ what }) => what)).toEqual([
        `Deployment/${NAMESPACE}/${APP}`,
        `Deployment/${NAMESPACE}/${SELF}`,
      ]);
    },
    STEP_LIMIT_MS,
  );

  it(
    'brings back the former template and the former ReplicaSet when the annotation goes',
    async () => {
      const after = await annotate(ctx, APP, ['backend-', 'bootstrap-'], false);
      expect(failed(revertChecks(before.app, during, after))).toEqual([]);
      expect(await replicaSets()).toHaveLength(2);
    },
    STEP_LIMIT_MS,
  );

  it(
    'repairs the stack within 5 s when any of its objects is deleted, and gets Ready again',
    async () => {
      const { inventory = [] } = await stackReady(ctx);
      expect(inventory.length).toBeGreaterThan(15);
      for (const { apiVersion, kind, name, namespace, uid } of inventory) {
        const type = await api.resourceType(apiVersion, kind);
        const ref = { name, ...(namespace !== undefined && { namespace }) };
        await api.delete(type, ref);
        const back = async () => {
          const object = await api.get(type, ref);
          return object !== undefined && object.metadata.deletionTimestamp === undefined && object.metadata.uid !== uid;
        };
        await eventually(`${kind}/${name} being back`, back, 5);
      }
      await stackReady(ctx);
      for (const component of ['collector', 'jaeger', 'prometheus'])
        await ctx.kubectlOk(['rollout', 'status', '-n', 'duotel', `statefulset/duotel-${component}`, '--timeout=50s']);
    },
    STEP_LIMIT_MS,
  );
});
