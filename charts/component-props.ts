import type { EnvVar, Volume } from 'cdk8s-plus-28/lib/imports/k8s.js';
import type { PodSettings, ServiceSettings, StorageSettings } from '../api/component-spec.ts';
import type { ComponentName } from '../api/names.ts';

export interface ComponentPort {
  readonly name: string;
  readonly port: number;
  /** Application protocol for service meshes. @default none */
  readonly appProtocol?: string;
}

/** A read-only directory of the container with files of ConfigMaps or Secrets. Never a subPath: a subPath never sees new content. */
export interface ConfigMount {
  readonly name: string;
  readonly path: string;
  readonly source: Pick<Volume, 'configMap' | 'secret' | 'projected'>;
}

export interface ComponentProps {
  readonly stack: string;
  readonly component: ComponentName;
  readonly image: string;
  /** Resources, placement, labels and the like, as the TelemetryStack has them. */
  readonly pod: PodSettings;
  readonly replicas: number;
  /** A HorizontalPodAutoscaler decides how many pods there are, so the workload names no number. @default false */
  readonly autoscaled?: boolean;
  /** `headless`: the Service resolves to every pod. */
  readonly service: ServiceSettings | 'headless';
  /** Names of Secrets with registry credentials. */
  readonly imagePullSecrets: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  /** Ports of the container and of its Service. */
  readonly ports: readonly ComponentPort[];
  /** Where the kubelet asks. The Service need not have the `port`. */
  readonly health: { readonly port: number; readonly live: string; readonly ready: string };
  /** Numeric user and group of the image. Its volumes belong to them too. */
  readonly user: number;
  /** The data that outlives the container, and where it is. Absent: none, and the workload is a Deployment. */
  readonly data?: { readonly path: string; readonly storage: StorageSettings };
  /** A writable directory that may be lost with the pod; only without `data`. `size`: for example `1Gi`. */
  readonly scratch?: { readonly path: string; readonly size: string };
  readonly config: readonly ConfigMount[];
  /** Hash of the files that the program reads at its start only. Absent if the program watches its files. */
  readonly configHash?: string;
  readonly terminationGracePeriodSeconds: number;
  /** A ServiceAccount of the user's; its token is mounted. @default one of ours, without a token */
  readonly serviceAccountName?: string;
}
