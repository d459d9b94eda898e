import type { ActiveBackend } from '../../api/annotations.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { valueAt } from '../../api/value-at.ts';
import { readRecord } from '../inject/record/record.ts';
import { WORKLOAD_KINDS } from '../inject/workload/kinds.ts';

/** A workload that the operator has injected, as its record says. */
export interface InjectedWorkload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly backend: ActiveBackend;
  /** The value of `duotel.io/bootstrap` that it was injected by. */
  readonly bootstrap: string;
  /** `namespace/name` of the TelemetryStack it reports to. */
  readonly stack: string;
  /** `service.name` of its telemetry: Prometheus' label and Jaeger's service. */
  readonly service: string;
  /** Labels that select its pods. */
  readonly podLabels: Readonly<Record<string, string>>;
}

/** How a workload is called where there are several: `Kind/namespace/name`. */
export function workloadId({ kind, namespace, name }: Pick<InjectedWorkload, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`;
}

/** The injected ones among these objects. Objects without a readable record are left out. */
export function injectedWorkloads(objects: readonly KubeObject[]): readonly InjectedWorkload[] {
  return objects.flatMap((object) => {
    const record = readRecord(object);
    if (typeof record === 'string') return [];
    const { name, namespace = 'default' } = object.metadata;
    const { backend, bootstrap, stack } = record;
    return [{ kind: object.kind, namespace, name, backend, bootstrap, stack, service: serviceOf(object), podLabels: podLabels(object) }];
  });
}

/** The service name that we or the user gave to the containers; else the name of the workload. */
function serviceOf(object: KubeObject): string {
  const path = WORKLOAD_KINDS[object.kind]?.templatePath ?? [];
  const containers = valueAt(object, [...path, 'spec', 'containers']);
  for (const container of Array.isArray(containers) ? containers : []) {
    const env = (container as { env?: readonly { name: string; value?: string }[] }).env ?? [];
    const value = env.find((item) => item.name === 'OTEL_SERVICE_NAME')?.value;
    if (value !== undefined) return value.replaceAll('$$', () => '$');
  }
  return object.metadata.name;
}

/** The template's own labels. They never select more than `spec.selector`, and a CronJob has no selector. */
function podLabels(object: KubeObject): Readonly<Record<string, string>> {
  const path = WORKLOAD_KINDS[object.kind]?.templatePath ?? [];
  const selector = valueAt(object, ['spec', 'selector', 'matchLabels']) ?? valueAt(object, [...path, 'metadata', 'labels']);
  return (selector ?? {}) as Readonly<Record<string, string>>;
}

/** `deployment/my-rag` or `my-rag` (a Deployment), as kubectl takes it. */
export interface TargetName {
  readonly kind: string;
  readonly name: string;
}

/**
 * @param known its keys are the kinds that may be named.
 * @throws Error that says what was expected.
 */
export function parseTarget(text: string, known: Readonly<Record<string, unknown>> = WORKLOAD_KINDS): TargetName {
  const parts = text.split('/');
  const [type, name] = parts.length === 1 ? ['deployment', parts[0]] : parts;
  const kinds = Object.keys(known);
  const lower = type?.toLowerCase().replace(/\.(apps|batch)$/, '') ?? '';
  const kind = kinds.find((candidate) => [candidate.toLowerCase(), `${candidate.toLowerCase()}s`].includes(SHORT[lower] ?? lower));
  if (kind === undefined || name === undefined || name === '' || parts.length > 2) {
    const types = kinds.map((one) => one.toLowerCase()).join(', ');
    throw new Error(`workload is "${text}", expected TYPE/NAME with TYPE one of ${types}; for example deployment/my-rag`);
  }
  return { kind, name };
}

const SHORT: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  sts: 'statefulset',
  ds: 'daemonset',
  cj: 'cronjob',
  rs: 'replicaset',
  rc: 'replicationcontroller',
  po: 'pod',
};
