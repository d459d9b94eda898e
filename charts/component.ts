import { ApiObject, type ApiObjectProps } from 'cdk8s';
import {
  IntOrString,
  KubeDeployment,
  type KubePersistentVolumeClaimProps,
  KubePodDisruptionBudget,
  KubeService,
  KubeServiceAccount,
  KubeStatefulSet,
  type ServicePort,
} from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import type { StorageSettings } from '../api/component-spec.ts';
import { componentName, objectLabels, podsName, selectorLabels } from '../api/names.ts';
import type { ComponentPort, ComponentProps } from './component-props.ts';
import { DATA_VOLUME, podTemplate } from './pod.ts';
import { memoryQuantity } from './quantity.ts';

/**
 * One component of the stack: ServiceAccount, Service and workload. With data it is a StatefulSet (`docs/adr/0005` says why), else a
 * Deployment. Several pods get a PodDisruptionBudget, and a headless Service by which each of them is scraped.
 */
export class Component extends Construct {
  constructor(scope: Construct, props: ComponentProps) {
    super(scope, props.component);
    const name = componentName(props.stack, props.component);
    const metadata = { name, labels: objectLabels(props.stack, props.component) };
    if (props.serviceAccountName === undefined) {
      new KubeServiceAccount(this, 'service-account', { metadata, automountServiceAccountToken: false });
    }
    this.#services(metadata, props);
    if (props.replicas > 1) this.#disruptionBudget(metadata, props);
    const spec = {
      ...(props.autoscaled !== true && { replicas: props.replicas }),
      selector: { matchLabels: selectorLabels(props.stack, props.component) },
      template: podTemplate(props.serviceAccountName ?? name, props),
    };
    if (props.data === undefined) new KubeDeployment(this, 'deployment', { metadata, spec });
    else {
      const claim = volumeClaim(props, props.data.storage);
      const statefulSet: StatefulSetManifest = KubeStatefulSet.manifest({
        metadata,
        spec: {
          ...spec,
          serviceName: name,
          // OrderedReady would wait for a pod that never gets ready, and so block the change that mends it.
          podManagementPolicy: 'Parallel',
          ...(claim !== undefined && { volumeClaimTemplates: [claim] }),
        },
      });
      new ApiObject(this, 'stateful-set', storedClaims(statefulSet));
    }
  }

  #services(metadata: { readonly name: string; readonly labels: Record<string, string> }, props: ComponentProps): void {
    const { stack, component, service } = props;
    const selector = selectorLabels(stack, component);
    const ports = props.ports.map(servicePort);
    if (service === 'headless') {
      new KubeService(this, 'service', { metadata, spec: { clusterIp: 'None', selector, ports } });
      return;
    }
    const { annotations } = service;
    const hasAnnotations = annotations !== undefined && Object.keys(annotations).length > 0;
    new KubeService(this, 'service', {
      metadata: { ...metadata, ...(hasAnnotations && { annotations }) },
      spec: { ...(service.type !== 'ClusterIP' && { type: service.type }), selector, ports },
    });
    if (props.replicas > 1) {
      new KubeService(this, 'pods', {
        // Its labels have another name too: a selector of the Service, for scraping, must not find each pod twice.
        metadata: {
          name: podsName(stack, component),
          labels: { ...metadata.labels, 'app.kubernetes.io/name': `${component}-pods` },
        },
        // Pods that are not ready count too: their metrics are the ones that people want to see then.
        spec: { clusterIp: 'None', publishNotReadyAddresses: true, selector, ports },
      });
    }
  }

  #disruptionBudget(metadata: object, { stack, component }: ComponentProps): void {
    new KubePodDisruptionBudget(this, 'disruption-budget', {
      metadata,
      spec: {
        maxUnavailable: IntOrString.fromNumber(1),
        selector: { matchLabels: selectorLabels(stack, component) },
        // A pod that never gets ready must not keep a node from being drained.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}

interface StatefulSetManifest extends ApiObjectProps {
  readonly spec: { readonly volumeClaimTemplates?: readonly object[] };
}

/** Claims as the API server stores them. kubectl compares their list as a whole, and else would write it at every apply. */
function storedClaims(statefulSet: StatefulSetManifest): StatefulSetManifest {
  const { volumeClaimTemplates, ...spec } = statefulSet.spec;
  if (volumeClaimTemplates === undefined) return statefulSet;
  const stored = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } };
  return { ...statefulSet, spec: { ...spec, volumeClaimTemplates: volumeClaimTemplates.map((claim) => ({ ...claim, ...stored })) } };
}

function servicePort({ name, port, appProtocol }: ComponentPort): ServicePort {
  return { name, port, targetPort: IntOrString.fromString(name), protocol: 'TCP', ...(appProtocol !== undefined && { appProtocol }) };
}

/** Only labels that never change: a claim template is immutable. */
function volumeClaim({ stack, component }: ComponentProps, storage: StorageSettings): KubePersistentVolumeClaimProps | undefined {
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
