import type { KubeObject } from '../../api/kube-object.ts';

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: Readonly<Record<string, unknown>> }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
  readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
  readonly securityContext?: SecurityContext;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}
export interface Probe {
  readonly httpGet?: { readonly port: number | string };
  readonly tcpSocket?: { readonly port: number | string };
}
type Quantities = Readonly<Record<string, string>>;
interface SecurityContext {
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly seccompProfile?: { readonly type?: string };
  readonly sysctls?: readonly { readonly name: string }[];
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
  readonly securityContext?: SecurityContext;
  readonly serviceAccount?: string;
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly affinity?: { readonly podAntiAffinity?: object };
}

/** The pods that an object makes. */
export interface PodTemplate {
  readonly object: KubeObject;
  readonly labels: Readonly<Record<string, string>>;
  /** The number that the object asks for. */
  readonly replicas: number;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly spec: PodSpec;
  readonly containers: readonly Container[];
}

interface WorkloadSpec {
  readonly replicas?: number;
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly template: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }; readonly spec: PodSpec };
  readonly jobTemplate: { readonly spec: WorkloadSpec };
}

/** The pod templates of Deployments, StatefulSets, DaemonSets, Jobs and CronJobs. */
export function podTemplates(objects: readonly KubeObject[]): readonly PodTemplate[] {
  return objects.flatMap((object) => {
    const own = object['spec'] as WorkloadSpec;
    switch (object.kind) {
      case 'CronJob':
        return [template(object, own.jobTemplate.spec)];
      case 'Deployment':
      case 'StatefulSet':
      case 'DaemonSet':
      case 'Job':
        return [template(object, own)];
      default:
        return [];
    }
  });
}

function template(object: KubeObject, { replicas, selector, template: pods }: WorkloadSpec): PodTemplate {
  const { spec, metadata } = pods;
  return {
    object,
    spec,
    labels: metadata?.labels ?? {},
    replicas: replicas ?? 1,
    selector: selector?.matchLabels,
    containers: [...(spec.initContainers ?? []), ...spec.containers],
  };
}

/** Whether labels have all that a selector asks for. An empty selector selects everything. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
