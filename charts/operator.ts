import { ApiObject, Chart, type ChartProps } from 'cdk8s';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import type { Feature } from '../api/features.ts';
import { IMAGES } from '../api/images.ts';
import {
  DEFAULT_STACK,
  DEFAULT_STACK_CONFIG,
  OPERATOR_NAME as NAME,
  OPERATOR_PORT,
  PROGRAM_LABELS,
  OPERATOR_SELECTOR as SELECTOR,
  SYSTEM_NAMESPACE,
} from '../api/names.ts';
import type { TelemetryStackSpec } from '../api/telemetry-stack.ts';
import { TELEMETRY_STACK } from '../api/telemetry-stack.ts';
import { telemetryStackCrd } from '../api/telemetry-stack-crd.ts';
import { digest } from './digest.ts';
import { operatorNetworkPolicy } from './operator-network-policy.ts';
import { LOADER, programParts } from './operator-program.ts';
import { CLUSTER_RULES, featureRules, NAMESPACE_RULES, SCOPE_RULES, SCOPED_HOME_RULES, scopedClusterRules } from './operator-rbac.ts';
import type { OperatorSettings } from './settings.ts';

/**
 * Memory before speed: the operator waits for the API server nearly all of the time, and its optimizing compilers (of JavaScript, and of the
 * WebAssembly in its HTTP client) took more memory than its work (docs/benchmarks.md). NODE_OPTIONS may not hold these.
 */
export const V8_FLAGS: readonly string[] = ['--optimize-for-size', '--no-opt', '--no-maglev', '--liftoff-only'];

const LABELS = { ...SELECTOR, 'app.kubernetes.io/managed-by': 'duotel' };

/** The objects that must be there before everything else: the namespace and the CRD. */
export class FoundationChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps = {}) {
    super(scope, id, { disableResourceNameHashes: true, ...props });
    new ApiObject(this, 'namespace', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: SYSTEM_NAMESPACE,
        labels: {
          'app.kubernetes.io/part-of': 'duotel',
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
      },
    });
    const { apiVersion, kind, metadata, ...rest } = telemetryStackCrd() as { apiVersion: string; kind: string; metadata: { name: string } };
    new ApiObject(this, 'crd', { apiVersion, kind, metadata: { ...metadata, labels: { 'app.kubernetes.io/part-of': 'duotel' } }, ...rest });
  }
}

export interface OperatorChartProps extends ChartProps {
  readonly operator: OperatorSettings;
  /** Spec of the TelemetryStack that the operator creates where there is none. */
  readonly stack: TelemetryStackSpec;
  /** Optional kinds that it may write. Default: none. */
  readonly features?: readonly Feature[];
  /** The compressed program, as tools/bundle makes it. Not called where the image holds it. */
  readonly program: () => Uint8Array;
}

/** The operator: its program, its rights and its Deployment. */
export class OperatorChart extends Chart {
  constructor(scope: Construct, id: string, props: OperatorChartProps) {
    super(scope, id, { disableResourceNameHashes: true, ...props });
    this.#rights(props.features ?? [], props.operator.scope?.namespaces);
    const stack = stringify({
      apiVersion: TELEMETRY_STACK.apiVersion,
      kind: TELEMETRY_STACK.kind,
      metadata: { name: DEFAULT_STACK, namespace: SYSTEM_NAMESPACE },
      spec: props.stack,
    });
    this.#object('default-stack', 'v1', 'ConfigMap', DEFAULT_STACK_CONFIG, { data: { 'telemetrystack.yaml': stack } });
    const parts = props.operator.builtImage === undefined ? programParts(props.program()) : [];
    for (const part of parts) {
      const rest = { immutable: true, binaryData: { [part.key]: part.data } };
      this.#object(part.name, 'v1', 'ConfigMap', part.name, rest, PROGRAM_LABELS);
    }
    this.#object('service', 'v1', 'Service', NAME, {
      spec: { selector: SELECTOR, ports: [{ name: 'http', port: OPERATOR_PORT, targetPort: 'http', protocol: 'TCP' }] },
    });
    this.#object('network-policy', 'networking.k8s.io/v1', 'NetworkPolicy', NAME, {
      spec: operatorNetworkPolicy(props.operator.apiServerPorts),
    });
    const { replicas = 1 } = props.operator;
    if (replicas > 1) {
      const spec = { maxUnavailable: 1, selector: { matchLabels: SELECTOR }, unhealthyPodEvictionPolicy: 'AlwaysAllow' };
      this.#object('pod-disruption-budget', 'policy/v1', 'PodDisruptionBudget', NAME, { spec });
    }
    this.#object('deployment', 'apps/v1', 'Deployment', NAME, {
      spec: {
        replicas,
        // Each revision keeps its program in the cluster, half a MiB, so that it can be gone back to (docs/adr/0039).
        revisionHistoryLimit: 3,
        // One: nothing is gained by a second pod that waits for the lease. Several: the others are warm when it is given back.
        strategy: replicas === 1 ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
        selector: { matchLabels: SELECTOR },
        template: {
          metadata: { labels: LABELS, annotations: { 'checksum/default-stack': digest(stack) } },
          spec: podSpec(props.operator, parts),
        },
      },
    });
  }

  #rights(features: readonly Feature[], scope: readonly string[] | undefined): void {
    this.#object('service-account', 'v1', 'ServiceAccount', NAME, { automountServiceAccountToken: false });
    const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace: SYSTEM_NAMESPACE }];
    const rbac = 'rbac.authorization.k8s.io/v1';
    const roleRef = (kind: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: NAME });
    new ApiObject(this, 'cluster-role', {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name: NAME, labels: LABELS },
      rules: scope === undefined ? CLUSTER_RULES : scopedClusterRules(scope),
    });
    new ApiObject(this, 'cluster-role-binding', {
      apiVersion: rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME, labels: LABELS },
      roleRef: roleRef('ClusterRole'),
      subjects,
    });
    const home = scope === undefined ? [] : SCOPED_HOME_RULES;
    this.#object('role', rbac, 'Role', NAME, { rules: [...NAMESPACE_RULES, ...home, ...featureRules(features, scope !== undefined)] });
    this.#object('role-binding', rbac, 'RoleBinding', NAME, { roleRef: roleRef('Role'), subjects });
    for (const namespace of scope ?? []) {
      const metadata = { name: `${NAME}-workloads`, namespace, labels: LABELS };
      new ApiObject(this, `role-${namespace}`, { apiVersion: rbac, kind: 'Role', metadata, rules: SCOPE_RULES });
      const ref = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name };
      new ApiObject(this, `role-binding-${namespace}`, { apiVersion: rbac, kind: 'RoleBinding', metadata, roleRef: ref, subjects });
    }
  }

  #object(id: string, apiVersion: string, kind: string, name: string, rest: object, labels: Readonly<Record<string, string>> = {}): void {
    const metadata = { name, namespace: SYSTEM_NAMESPACE, labels: { ...LABELS, ...labels } };
    new ApiObject(this, id, { apiVersion, kind, metadata, ...rest });
  }
}

function podSpec(settings: OperatorSettings, parts: ReturnType<typeof programParts>): object {
  const probe = (path: string): object => ({ httpGet: { path, port: 'http' } });
  const fromParts = {
    command: ['node', ...V8_FLAGS, '--input-type=module', '-e', LOADER, '/program'],
    volumeMounts: [
      { name: 'program', mountPath: '/program', readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
  // Standbys that go down with the leader are none.
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: SELECTOR },
  };
  return {
    serviceAccountName: NAME,
    ...((settings.replicas ?? 1) > 1 && { topologySpreadConstraints: [spread] }),
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'operator',
        image: settings.builtImage ?? settings.image ?? IMAGES.operator,
        imagePullPolicy: 'IfNotPresent',
        ...(settings.builtImage === undefined ? fromParts : { volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }),
        args: [
          'operator',
          '--listen',
          `0.0.0.0:${OPERATOR_PORT}`,
          ...(settings.scope === undefined ? [] : ['--scope', settings.scope.namespaces.join(',')]),
        ],
        env: [
          { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } } },
          // With V8's default young generation the process grows to more than twice of what it needs (docs/benchmarks.md).
          { name: 'NODE_OPTIONS', value: '--max-semi-space-size=1' },
          // And glibc would keep a heap for each thread.
          { name: 'MALLOC_ARENA_MAX', value: '1' },
          // At its start V8 needs memory for parsing in such pieces. glibc would keep these 10 MB afterwards.
          { name: 'MALLOC_MMAP_THRESHOLD_', value: '16384' },
        ],
        ports: [{ name: 'http', containerPort: OPERATOR_PORT, protocol: 'TCP' }],
        startupProbe: { ...probe('/healthz'), periodSeconds: 1, failureThreshold: 60 },
        livenessProbe: { ...probe('/healthz'), periodSeconds: 10 },
        readinessProbe: { ...probe('/readyz'), periodSeconds: 5 },
        resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      },
    ],
    volumes: [
      {
        name: 'program',
        projected: { sources: parts.map(({ name }) => ({ configMap: { name } })) },
      },
      { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
    ].filter((volume) => volume.name !== 'program' || parts.length > 0),
  };
}
