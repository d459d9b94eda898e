import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../../src/api/kube-object.ts';
import type { InjectionConfig } from '../../../src/inject/config.ts';
import { nestAt, workloadKind } from '../../../src/inject/kinds.ts';
import { type Plan, planWorkload } from '../../../src/inject/plan.ts';
import { type EnvItem, type PodSpec, podTemplate } from '../../../src/inject/pod-template.ts';
import { after, annotate, input, owned, stack, workload } from '../../support/injection.ts';
import { strategicMerge } from '../../support/strategic-merge.ts';

/** Names that collide with ours often enough, and some that do not. */
const VARIABLE_NAMES = [
  'OBSERVABILITY_BACKEND',
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_METRIC_EXPORT_INTERVAL',
  'OPENLIT_PRICING_JSON',
  'PYTHONPATH',
  'DUOTEL_POD_NAME',
  'A',
  'B',
  'C',
];
const VALUES = ['both', 'my-rag', 'http://duotel-collector.duotel.svc:4318', 'http/protobuf', '/duotel/python', 'x $(A)', ''];

const envItem: fc.Arbitrary<EnvItem> = fc
  .record({ name: fc.constantFrom(...VARIABLE_NAMES), value: fc.constantFrom(...VALUES) })
  .chain((item) =>
    fc.constantFrom<EnvItem>(item, item, item, {
      name: item.name,
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } },
    }),
  );
const mountPaths = fc.uniqueArray(fc.constantFrom('/data', '/tmp', '/duotel', '/duotel/pricing'), { maxLength: 2 });
const container = fc.record({
  name: fc.constantFrom('app', 'web', 'istio-proxy'),
  env: fc.uniqueArray(envItem, { selector: ({ name }) => name, maxLength: 6 }),
  volumeMounts: mountPaths.map((paths) => paths.map((mountPath) => ({ name: 'data', mountPath }))),
});

const userWorkload = fc
  .record({
    kind: fc.constantFrom('Deployment', 'StatefulSet', 'CronJob'),
    containers: fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
    label: fc.boolean(),
  })
  .map(({ kind, containers, label }) =>
    workload({
      kind,
      containers: containers.map(({ env, volumeMounts, ...rest }) => ({
        ...rest,
        ...(env.length === 0 ? {} : { env }),
        ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
      })),
      pod: { volumes: [{ name: 'data' }] },
      templateMetadata: { labels: label ? { 'app.kubernetes.io/version': '1' } : {} },
    }),
  );

/** null removes the annotation. */
const asked = fc.record({
  'duotel.io/backend': fc.constantFrom('openinference', 'openlit', 'both', 'none', 'bth', null),
  'duotel.io/bootstrap': fc.constantFrom(null, 'python', 'none'),
  'duotel.io/containers': fc.constantFrom(null, '*', 'app', 'web', 'app,web'),
  'duotel.io/capture-content': fc.constantFrom(null, 'true'),
  'duotel.io/service-name': fc.constantFrom(null, 'shop $(A)'),
});
type Asked = Readonly<Record<string, string | null>>;

const config: fc.Arbitrary<InjectionConfig> = fc.constantFrom(
  stack(),
  stack('duotel', { protocol: 'grpc', deploymentEnvironment: 'a,b', showOpenlitSpans: true }),
);

const RUNS = { numRuns: 300, seed: Number(process.env['FC_SEED'] ?? 20261122), verbose: 1 } as const;

function pod(object: KubeObject): PodSpec {
  return podTemplate(object)?.spec ?? { containers: [] };
}

function settle(object: KubeObject, stacks: readonly InjectionConfig[]): KubeObject {
  const plan: Plan = planWorkload(input(object, { stacks }));
  const result = after(object, plan);
  expect(planWorkload(input(result, { stacks })).action).toBe('none');
  return result;
}

const OFF: Asked = {
  'duotel.io/backend': null,
  'duotel.io/bootstrap': null,
  'duotel.io/containers': null,
  'duotel.io/capture-content': null,
  'duotel.io/service-name': null,
};

describe('for any workload and any annotations', () => {
  it("what is the user's is the same before and after, in the same order, and a second plan does nothing", () => {
    const property = fc.property(userWorkload, asked, config, (original, annotations, stackConfig) => {
      const result = pod(settle(annotate(original, annotations), [stackConfig]));
      const theirs = new Set(pod(original).containers.flatMap(({ name, env = [] }) => env.map((item) => `${name}/${item.name}`)));
      const rest = {
        ...result,
        volumes: (result.volumes ?? []).filter(({ name }) => name === 'data'),
        containers: result.containers.map(({ env = [], volumeMounts = [], ...other }) => ({
          ...other,
          env: env.filter(({ name }) => theirs.has(`${other.name}/${name}`)),
          volumeMounts: volumeMounts.filter(({ name }) => name === 'data'),
        })),
      };
      const before = { ...pod(original), containers: pod(original).containers.map((one) => ({ env: [], volumeMounts: [], ...one })) };
      expect(rest).toEqual(before);
    });
    fc.assert(property, RUNS);
  });

  it('every reference to a variable comes after it', () => {
    const property = fc.property(userWorkload, asked, config, (original, annotations, stackConfig) => {
      for (const { name: containerName, env = [] } of pod(settle(annotate(original, annotations), [stackConfig])).containers) {
        const mine = new Set((pod(original).containers.find(({ name }) => name === containerName)?.env ?? []).map(({ name }) => name));
        env.forEach(({ name, value = '' }, index) => {
          if (mine.has(name)) return;
          for (const [, reference = ''] of value.replaceAll('$$', '').matchAll(/\$\(([^)]+)\)/g)) {
            const position = env.findIndex((item) => item.name === reference);
            expect([name, position >= 0 && position < index]).toEqual([name, true]);
          }
        });
      }
    });
    fc.assert(property, RUNS);
  });

  it('ten cycles of changing settings, then none, leave the template and the metadata as they were', () => {
    const steps = fc.array(fc.tuple(asked, config), { minLength: 10, maxLength: 10 });
    const property = fc.property(userWorkload, steps, (original, cycles) => {
      let object = original;
      for (const [annotations, stackConfig] of cycles) object = settle(annotate(object, annotations), [stackConfig]);
      expect(settle(annotate(object, OFF), [stack()])).toEqual(original);
    });
    fc.assert(property, { ...RUNS, numRuns: 100 });
  });

  it('what the user changes meanwhile is there after the end, as it would be without us, and nothing of ours', () => {
    const property = fc.property(userWorkload, asked, envItem, config, (original, annotations, edit, stackConfig) => {
      const first = pod(original).containers[0]?.name ?? 'app';
      const path = workloadKind(original)?.templatePath ?? [];
      const change = nestAt([...path, 'spec'], {
        containers: [{ name: first, env: [edit.valueFrom === undefined ? { valueFrom: null, ...edit } : { value: null, ...edit }] }],
      });
      const theyEdit = (object: KubeObject) =>
        owned(strategicMerge(object, change) as KubeObject, { containers: [{ name: first, env: [edit] }] }, 'editor');
      const end = settle(annotate(settle(theyEdit(settle(annotate(original, annotations), [stackConfig])), [stackConfig]), OFF), [
        stackConfig,
      ]);
      const without = theyEdit(original);
      const sorted = (object: KubeObject) => ({
        ...pod(object),
        containers: pod(object).containers.map(({ env = [], ...rest }) => ({
          ...rest,
          env: env.toSorted((a, b) => a.name.localeCompare(b.name)),
        })),
      });
      expect(sorted(end)).toEqual(sorted(without));
    });
    fc.assert(property, RUNS);
  });
});
