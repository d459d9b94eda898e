import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FEATURE_NAMES } from '../../api/features.ts';
import { featureRules } from '../../charts/operator-rbac.ts';
import { OPERATOR_USER } from '../../tools/scale/audit-reader.ts';
import { auditEvents } from '../support/cluster/audit-log.ts';
import { installForeignCrds } from '../support/cluster/foreign-crds.ts';
import { getObject, must, synthesize } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

const cluster = useInstallation();
const withAll = synthesize(`operator: {features: [${FEATURE_NAMES.join(', ')}]}`);

interface Stack {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  };
}
const stalled = async () =>
  (await getObject<Stack>(cluster, 'tstack/duotel'))?.status?.conditions?.find(
    ({ type, status }) => type === 'Stalled' && status === 'True',
  );
const OPTIONAL = 'deployment,hpa,pdb,ingress,httproute,servicemonitor,prometheusrule,opentelemetrycollector';
/** The stack's objects of optional kinds. */
const labelled = async (): Promise<string> =>
  (await must(cluster, ['get', OPTIONAL, '-n', 'duotel', '-l', 'duotel.io/stack', '-o', 'name'])).trim();
const patch = (spec: object) => must(cluster, ['patch', 'tstack/duotel', '-n', 'duotel', '--type=merge', '-p', JSON.stringify({ spec })]);

beforeAll(async () => {
  await eventually(
    'the operator to have made the stack',
    async () => (await getObject<Stack>(cluster, 'tstack/duotel'))?.status !== undefined,
  );
});

afterAll(async () => {
  withAll.remove();
});

describe('a stack that asks for a kind', () => {
  const ingress = { grafana: { ingress: { host: 'grafana.example.com' } } };

  const stalledBy = (wanted: string) =>
    eventually(`the stack to stall by ${wanted}`, async () => {
      const condition = await stalled();
      return condition?.reason === wanted && condition;
    });

  it('that nobody gave the operator rights to stalls, says what to add, and writes nothing', async () => {
    await patch({ ...ingress, prometheus: { scrapeInterval: '30s' } });
    const condition = await stalledBy('RightMissing');
    expect(condition.reason).toBe('RightMissing');
    expect(condition.message).toContain('add ingress to operator.features in duotel.yaml');
    const config = await getObject<{ data: Record<string, string> }>(cluster, 'configmap/duotel-prometheus');
    expect(config?.data['prometheus.yml']).toContain('scrape_interval: 15s');
  });

  it('has it once the rights are there', async () => {
    await must(cluster, ['apply', '--server-side', '-f', `${withAll.dist}/10-operator.k8s.yaml`]);
    await patch({ prometheus: { scrapeInterval: '20s' } });
    await eventually('the Ingress', () => getObject(cluster, 'ingress/duotel-grafana'));
    await eventually('the stack to go on', async () => (await stalled()) === undefined);
  });

  it('that the cluster does not serve stalls, and goes on when the CRD is there', async () => {
    await patch({ grafana: { ingress: null, httpRoute: { parentRefs: [{ name: 'public' }] } } });
    const condition = await stalledBy('KindMissing');
    expect(condition).toMatchObject({
      reason: 'KindMissing',
      message: expect.stringContaining('HTTPRoute (gateway.networking.k8s.io/v1)'),
    });
    await installForeignCrds(cluster);
    await patch({ prometheus: { scrapeInterval: '25s' } });
    await eventually('the HTTPRoute', () => getObject(cluster, 'httproute/duotel-grafana'));
    await eventually('the Ingress to be gone', async () => (await getObject(cluster, 'ingress/duotel-grafana')) === undefined);
  });

  it('uses every right that the features give, and loses its objects with them and with the stack', async () => {
    await patch({
      collector: { replicas: 2, gateway: { enabled: true } },
      prometheus: { mode: 'operator', url: 'http://prometheus-operated.monitoring.svc:9090' },
    });
    await eventually('the gateways', () => getObject(cluster, 'deployment/duotel-gateway'));
    await eventually('their autoscaler', () => getObject(cluster, 'hpa/duotel-gateway'));
    await eventually('the ServiceMonitor', () => getObject(cluster, 'servicemonitor/duotel-jaeger'));
    for (const what of [
      'hpa/duotel-gateway',
      'pdb/duotel-gateway',
      'servicemonitor/duotel-jaeger',
      'prometheusrule/duotel-prometheus-rules',
      'httproute/duotel-grafana',
    ]) {
      await must(cluster, ['label', what, '-n', 'duotel', 'app.kubernetes.io/managed-by-']);
    }
    await patch({
      collector: { replicas: 1, gateway: { enabled: false }, mode: 'opentelemetry-operator' },
      grafana: { ingress: { host: 'a.example.com' }, httpRoute: { parentRefs: [{ name: 'public' }] } },
    });
    await eventually('the OpenTelemetryCollector', () => getObject(cluster, 'opentelemetrycollector/duotel'));
    for (const what of ['opentelemetrycollector/duotel', 'ingress/duotel-grafana']) {
      await must(cluster, ['label', what, '-n', 'duotel', 'app.kubernetes.io/managed-by-']);
    }
    await patch({ collector: { storage: { size: '3Gi' } } });
    await eventually(
      'the label to be back',
      async () =>
        (await getObject<{ metadata: { labels: Record<string, string> } }>(cluster, 'ingress/duotel-grafana'))?.metadata.labels[
          'app.kubernetes.io/managed-by'
        ] === 'duotel',
    );
    await patch({
      collector: { mode: 'managed' },
      prometheus: { mode: 'managed', url: null },
      grafana: { ingress: null, httpRoute: null },
    });
    await eventually('all of it to be gone', async () => (await labelled()) === '');

    await patch({
      collector: { replicas: 2, gateway: { enabled: true } },
      prometheus: { mode: 'operator', url: 'http://prometheus-operated.monitoring.svc:9090' },
      grafana: { ingress: { host: 'a.example.com' }, httpRoute: { parentRefs: [{ name: 'public' }] } },
    });
    for (const what of ['deployment/duotel-gateway', 'hpa/duotel-gateway', 'servicemonitor/duotel-jaeger', 'ingress/duotel-grafana'])
      await eventually(what, () => getObject(cluster, what));
    await must(cluster, ['delete', 'tstack/duotel', '-n', 'duotel']);
    await eventually('nothing of the deleted stack to be left', async () => (await labelled()) === '');

    const used = (): ReadonlySet<string> => {
      const own = auditEvents(cluster.auditLog).filter(({ user, code }) => user === OPERATOR_USER && code < 300);
      return new Set(
        own.flatMap(({ verb, resource, code }) => [
          `${verb} ${resource}`,
          ...(verb === 'patch' && code === 201 ? [`create ${resource}`] : []),
        ]),
      );
    };
    const granted = featureRules(FEATURE_NAMES).flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    );
    // A request is in the log once it is answered, which is after its effect can be seen.
    await eventually('each right to be used', async () => expect(granted.filter((one) => !used().has(one))).toEqual([]) ?? true);
    expect(auditEvents(cluster.auditLog).filter(({ user, code }) => user === OPERATOR_USER && code === 403)).toEqual([]);
  });
});
