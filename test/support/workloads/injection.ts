import type { KubeObject, ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { PYTHON } from '../../../api/runtimes/python.ts';
import { type ResolvedStackSpec, resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { nestAt } from '../../../api/value-at.ts';
import type { DecisionInput } from '../../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../../src/inject/decision/decision.ts';
import { type InjectionConfig, injectionConfig } from '../../../src/inject/wishes/config.ts';
import { workloadKind } from '../../../src/inject/workload/kinds.ts';
import type { Container, PodSpec, PodTemplate } from '../../../src/inject/workload/pod-template.ts';
import { strategicMerge } from './strategic-merge.ts';

export const OPERATOR_NAMESPACE = 'duotel';

/** Small files in place of the real bootstrap. */
export const ASSETS = {
  bootstraps: [
    {
      runtime: PYTHON,
      files: [
        { key: 'sitecustomize.py', path: 'sitecustomize.py', text: 'pass\n' },
        { key: 'metadata', path: 'duotel-0.1.dist-info/METADATA', text: 'Name: duotel\n' },
      ],
    },
  ],
  pricing: { key: 'pricing.json', path: 'pricing.json', text: '{}\n' },
};

const DEFAULTS = resolveStackSpec();

export function stack(
  name = 'duotel',
  injection: Partial<ResolvedStackSpec['injection']> = {},
  namespace = OPERATOR_NAMESPACE,
): InjectionConfig {
  const spec = { ...DEFAULTS, injection: { ...DEFAULTS.injection, ...injection } };
  return injectionConfig({ name, namespace, spec }, ASSETS);
}

export function namespaceObject(annotations: Readonly<Record<string, string>> = {}, name = 'shop'): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, annotations } };
}

export interface WorkloadParts {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly templateMetadata?: NonNullable<PodTemplate['metadata']>;
  readonly containers?: readonly (Partial<Container> & { readonly [field: string]: unknown })[];
  readonly pod?: Partial<PodSpec> & { readonly [field: string]: unknown };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A workload as its owner wrote it, all of its template owned by the field manager `kubectl`. */
export function workload(parts: WorkloadParts = {}): KubeObject {
  const { kind = 'Deployment', name = 'my-rag', namespace = 'shop', annotations, containers = [{}] } = parts;
  const apiVersion = kind === 'CronJob' || kind === 'Job' ? 'batch/v1' : 'apps/v1';
  const template = {
    metadata: { labels: { app: name }, ...parts.templateMetadata },
    spec: { containers: containers.map((container) => ({ name: 'app', image: 'example/app:1', ...container })), ...parts.pod },
  };
  const path = kind === 'CronJob' ? ['jobTemplate', 'spec', 'template'] : ['template'];
  const object: KubeObject = {
    apiVersion,
    kind,
    metadata: { name, namespace, resourceVersion: '7', ...(annotations === undefined ? {} : { annotations }), ...parts.metadata },
    spec: { ...parts.spec, ...nestAt(path, template) },
  };
  return owned(object, template.spec);
}

/** The object with an entry in managedFields by which `manager` owns everything that is in the pod spec now. */
export function owned(object: KubeObject, pod: PodSpec, manager = 'kubectl'): KubeObject {
  const path = workloadKind(object)?.templatePath;
  if (path === undefined) return object;
  const items = (list: readonly object[] | undefined, key: string, inner: (item: never) => object = () => ({ '.': {} })) =>
    Object.fromEntries(
      (list ?? []).map((item) => [`k:${JSON.stringify({ [key]: (item as Record<string, unknown>)[key] })}`, inner(item as never)]),
    );
  const containers = items(pod.containers, 'name', (container: Container) => ({
    '.': {},
    'f:env': items(container.env, 'name'),
    'f:volumeMounts': items(container.volumeMounts, 'mountPath'),
  }));
  const fieldsV1 = nestAt(
    [...path, 'spec'].map((field) => `f:${field}`),
    { 'f:containers': containers, 'f:volumes': items(pod.volumes, 'name') },
  );
  const entry: ManagedFieldsEntry = { manager, operation: 'Update', apiVersion: object.apiVersion, fieldsType: 'FieldsV1', fieldsV1 };
  const others = (object.metadata.managedFields ?? []).filter((other) => other.manager !== manager);
  return { ...object, metadata: { ...object.metadata, managedFields: [...others, entry] } };
}

export function input(object: KubeObject, overrides: Partial<DecisionInput> = {}): DecisionInput {
  return { workload: object, namespace: namespaceObject(), stacks: [stack()], operatorNamespace: OPERATOR_NAMESPACE, ...overrides };
}

/** The workload after the plan's write and the release that follows it. */
export function after(object: KubeObject, plan: Decision): KubeObject {
  if (plan.action === 'none') return object;
  if (plan.action === 'release') {
    return {
      ...object,
      metadata: { ...object.metadata, managedFields: (object.metadata.managedFields ?? []).filter(({ manager }) => manager !== 'duotel') },
    };
  }
  return strategicMerge(object, plan.patch.body) as KubeObject;
}

export function annotate(object: KubeObject, annotations: Readonly<Record<string, string | null>>): KubeObject {
  return strategicMerge(object, { metadata: { annotations } }) as KubeObject;
}
