import {
  type EnvVar,
  type HttpGetAction,
  IntOrString,
  type PodSpec,
  type ResourceRequirements,
  type TopologySpreadConstraint,
  type Volume,
  type VolumeMount,
} from 'cdk8s-plus-28/lib/imports/k8s.js';
import { CONFIG_HASH_ANNOTATION } from '../api/annotations.ts';
import type { PodSettings } from '../api/component-spec.ts';
import { objectLabels, selectorLabels } from '../api/names.ts';
import type { ComponentProps } from './component-props.ts';
import { cpuQuantity, memoryQuantity } from './quantity.ts';

export const DATA_VOLUME = 'data';
const TMP_VOLUME = 'tmp';

/** The template of a component's pods, under the restricted Pod Security Standard. */
export function podTemplate(serviceAccountName: string, props: ComponentProps): { readonly metadata: object; readonly spec: PodSpec } {
  const { podLabels, podAnnotations } = props.pod;
  const annotations = { ...podAnnotations, ...(props.configHash !== undefined && { [CONFIG_HASH_ANNOTATION]: props.configHash }) };
  return {
    metadata: {
      labels: { ...podLabels, ...objectLabels(props.stack, props.component) },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: podSpec(serviceAccountName, props),
  };
}

function podSpec(serviceAccountName: string, props: ComponentProps): PodSpec {
  const { component, pod, user, health } = props;
  const get = (path: string): HttpGetAction => ({ path, port: IntOrString.fromNumber(health.port) });
  const args = [...(props.args ?? []), ...(pod.extraArgs ?? [])];
  const env = variables(props.env ?? [], pod.extraEnv ?? []);
  return {
    serviceAccountName,
    // An API token would be a credential without a use, but for a ServiceAccount that somebody chose.
    automountServiceAccountToken: props.serviceAccountName !== undefined,
    // The kubelet would set <STACK>_JAEGER_PORT=tcp://... and the like, which programs take for settings.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
    ...placement(props),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: component,
        image: props.image,
        imagePullPolicy: 'IfNotPresent',
        ...(args.length > 0 && { args }),
        ...(env.length > 0 && { env }),
        ports: props.ports.map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
        resources: resources(pod.resources),
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        // Ten minutes to replay a log or compact a queue before the liveness probe may judge.
        startupProbe: { httpGet: get(health.ready), periodSeconds: 2, failureThreshold: 300, timeoutSeconds: 2 },
        readinessProbe: { httpGet: get(health.ready), periodSeconds: 5, timeoutSeconds: 2 },
        livenessProbe: { httpGet: get(health.live), periodSeconds: 15, failureThreshold: 6, timeoutSeconds: 5 },
        volumeMounts: mounts(props),
      },
    ],
    volumes: volumes(props),
  };
}

/** A name may stand once: the user's variable takes the place of ours. */
function variables(ours: readonly EnvVar[], extra: NonNullable<PodSettings['extraEnv']>): EnvVar[] {
  const theirs = new Set(extra.map(({ name }) => name));
  return [
    ...ours.filter(({ name }) => !theirs.has(name)),
    ...extra.map(({ name, value, secretKeyRef }) =>
      secretKeyRef === undefined ? { name, value: value ?? '' } : { name, valueFrom: { secretKeyRef } },
    ),
  ];
}

type Placement = Pick<
  PodSpec,
  'nodeSelector' | 'tolerations' | 'affinity' | 'priorityClassName' | 'topologySpreadConstraints' | 'imagePullSecrets'
>;

function placement(props: ComponentProps): Placement {
  const { nodeSelector, tolerations, affinity, priorityClassName } = props.pod;
  const spread = spreadConstraints(props);
  return {
    ...(props.imagePullSecrets.length > 0 && { imagePullSecrets: props.imagePullSecrets.map((name) => ({ name })) }),
    ...(nodeSelector !== undefined && { nodeSelector }),
    ...(tolerations !== undefined && { tolerations: [...tolerations] }),
    ...(affinity !== undefined && { affinity }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(spread.length > 0 && { topologySpreadConstraints: spread }),
  };
}

/** By default several pods go to several zones and nodes where there are such, and one pod goes where it likes. */
function spreadConstraints({ stack, component, pod, replicas }: ComponentProps): TopologySpreadConstraint[] {
  const usual = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
  }));
  const constraints = pod.topologySpreadConstraints ?? (replicas > 1 ? usual : []);
  return constraints.map((constraint) => ({ ...constraint, labelSelector: { matchLabels: selectorLabels(stack, component) } }));
}

function resources({ requests, limits }: PodSettings['resources']): ResourceRequirements {
  return {
    requests: { cpu: cpuQuantity(requests.cpu), memory: memoryQuantity(requests.memory) },
    limits: { ...(limits.cpu !== undefined && { cpu: cpuQuantity(limits.cpu) }), memory: memoryQuantity(limits.memory) },
  };
}

function mounts({ data, scratch, config }: ComponentProps): VolumeMount[] {
  const path = data?.path ?? scratch?.path;
  return [
    ...(path === undefined ? [] : [{ name: DATA_VOLUME, mountPath: path }]),
    { name: TMP_VOLUME, mountPath: '/tmp' },
    ...config.map(({ name, path: mountPath }) => ({ name, mountPath, readOnly: true })),
  ];
}

function volumes({ data, scratch, config }: ComponentProps): Volume[] {
  const size = data?.storage.type === 'ephemeral' ? data.storage.size : scratch?.size;
  return [
    ...(size === undefined ? [] : [{ name: DATA_VOLUME, emptyDir: { sizeLimit: memoryQuantity(size) } }]),
    { name: TMP_VOLUME, emptyDir: {} },
    ...config.map(({ name, source }) => ({ name, ...source })),
  ];
}
