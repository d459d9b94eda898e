import { ApiObject, type ApiObjectProps } from 'cdk8s';
import {
  type EnvVar,
  type HttpGetAction,
  IntOrString,
  type KubePersistentVolumeClaimProps,
  KubeService,
  KubeServiceAccount,
  KubeStatefulSet,
  type PodSpec,
  type ResourceRequirements,
  type ServicePort,
  type Volume,
  type VolumeMount,
} from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { type Component as ComponentName, componentName, objectLabels, selectorLabels } from '../src/api/names.ts';
import type { ResolvedComponent } from '../src/api/telemetry-stack.ts';
import { CONFIG_HASH_ANNOTATION } from './config-file.ts';
import { cpuQuantity, memoryQuantity } from './quantity.ts';

export interface ComponentPort {
  readonly name: string;
  readonly port: number;
  /** Application protocol for service meshes. @default none */
  readonly appProtocol?: string;
}

/** A read-only directory of the container that holds files of ConfigMaps or Secrets. Never a subPath: those never see a new content. */
export interface ConfigMount {
  readonly name: string;
  readonly path: string;
  readonly source: Pick<Volume, 'configMap' | 'secret' | 'projected'>;
}

export interface ComponentProps {
  readonly stack: string;
  readonly component: ComponentName;
  /** Image, resources and storage, as the TelemetryStack has them. */
  readonly settings: ResolvedComponent;
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  /** Ports of the container and of its Service. */
  readonly ports: readonly ComponentPort[];
  /** Where the kubelet asks. `port` may be one that the Service has not. */
  readonly health: { readonly port: number; readonly live: string; readonly ready: string };
  /** Numeric user and group of the image, which its volumes are given to as well. */
  readonly user: number;
  /** Where the data volume is mounted. */
  readonly dataPath: string;
  readonly config: readonly ConfigMount[];
  /** Hash of files that are read at start only; absent where the program watches its files. */
  readonly configHash?: string;
  readonly terminationGracePeriodSeconds: number;
}

/**
 * One component of the stack: ServiceAccount, Service and a StatefulSet with one replica, under the restricted Pod Security Standard.
 * One replica because each of them locks its data directory; `docs/adr/0005` says why all are StatefulSets.
 */
export class Component extends Construct {
  constructor(scope: Construct, props: ComponentProps) {
    super(scope, props.component);
    const name = componentName(props.stack, props.component);
    const metadata = { name, labels: objectLabels(props.stack, props.component) };
    // An API token would be a credential without a use.
    new KubeServiceAccount(this, 'service-account', { metadata, automountServiceAccountToken: false });
    new KubeService(this, 'service', {
      metadata,
      spec: { selector: selectorLabels(props.stack, props.component), ports: props.ports.map(servicePort) },
    });
    const claim = volumeClaim(props);
    const statefulSet: StatefulSetManifest = KubeStatefulSet.manifest({
      metadata,
      spec: {
        replicas: 1,
        serviceName: name,
        // OrderedReady would wait for a pod that never gets ready, and so block the change that mends it.
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: selectorLabels(props.stack, props.component) },
        template: {
          metadata: {
            labels: objectLabels(props.stack, props.component),
            ...(props.configHash !== undefined && { annotations: { [CONFIG_HASH_ANNOTATION]: props.configHash } }),
          },
          spec: podSpec(name, props),
        },
        ...(claim !== undefined && { volumeClaimTemplates: [claim] }),
      },
    });
    new ApiObject(this, 'stateful-set', storedClaims(statefulSet));
  }
}

interface StatefulSetManifest extends ApiObjectProps {
  readonly spec: { readonly volumeClaimTemplates?: readonly object[] };
}

/** Claims as the API server stores them. kubectl compares their list as a whole, and would write it again at every apply. */
function storedClaims(statefulSet: StatefulSetManifest): StatefulSetManifest {
  const { volumeClaimTemplates, ...spec } = statefulSet.spec;
  if (volumeClaimTemplates === undefined) return statefulSet;
  const stored = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } };
  return { ...statefulSet, spec: { ...spec, volumeClaimTemplates: volumeClaimTemplates.map((claim) => ({ ...claim, ...stored })) } };
}

const DATA_VOLUME = 'data';
const TMP_VOLUME = 'tmp';

function servicePort({ name, port, appProtocol }: ComponentPort): ServicePort {
  return { name, port, targetPort: IntOrString.fromString(name), protocol: 'TCP', ...(appProtocol !== undefined && { appProtocol }) };
}

/** Its labels are those that never change: a claim template is immutable. */
function volumeClaim({ stack, component, settings: { storage } }: ComponentProps): KubePersistentVolumeClaimProps | undefined {
  if (storage.type === 'ephemeral') return undefined;
  return {
    metadata: { name: DATA_VOLUME, labels: selectorLabels(stack, component) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      resources: { requests: { storage: memoryQuantity(storage.size) } },
      ...(storage.storageClassName !== undefined && { storageClassName: storage.storageClassName }),
    },
  };
}

function podSpec(serviceAccountName: string, props: ComponentProps): PodSpec {
  const { component, settings, user, health } = props;
  const get = (path: string): HttpGetAction => ({ path, port: IntOrString.fromNumber(health.port) });
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    // The kubelet would set <STACK>_JAEGER_PORT=tcp://... and the like, which programs take for settings.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
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
        image: settings.image,
        imagePullPolicy: 'IfNotPresent',
        ...(props.args !== undefined && { args: [...props.args] }),
        ...(props.env !== undefined && { env: [...props.env] }),
        ports: props.ports.map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
        resources: resources(settings.resources),
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

function resources({ requests, limits }: ResolvedComponent['resources']): ResourceRequirements {
  return {
    requests: { cpu: cpuQuantity(requests.cpu), memory: memoryQuantity(requests.memory) },
    limits: { ...(limits.cpu !== undefined && { cpu: cpuQuantity(limits.cpu) }), memory: memoryQuantity(limits.memory) },
  };
}

function mounts({ dataPath, config }: ComponentProps): VolumeMount[] {
  return [
    { name: DATA_VOLUME, mountPath: dataPath },
    { name: TMP_VOLUME, mountPath: '/tmp' },
    ...config.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
  ];
}

function volumes({ settings: { storage }, config }: ComponentProps): Volume[] {
  const ephemeral: Volume = { name: DATA_VOLUME, emptyDir: { sizeLimit: memoryQuantity(storage.size) } };
  return [
    ...(storage.type === 'ephemeral' ? [ephemeral] : []),
    { name: TMP_VOLUME, emptyDir: {} },
    ...config.map(({ name, source }) => ({ name, ...source })),
  ];
}
