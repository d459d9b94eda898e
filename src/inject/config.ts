import { contentHash, PYTHON_MOUNT_PATH } from '../../bootstrap/files.ts';
import { componentHost, PORT } from '../api/names.ts';
import type { ResolvedStackSpec } from '../api/telemetry-stack.ts';

/** A file of `bootstrap/`: its key in the ConfigMap, its path under the mount, its text. */
export interface MountedFile {
  readonly key: string;
  readonly path: string;
  readonly text: string;
}

/** A set of files that pods mount from a ConfigMap of their own namespace, which is named by content and never changes. */
export interface Mount {
  readonly volume: string;
  readonly configMap: string;
  readonly mountPath: string;
  readonly files: readonly MountedFile[];
}

export interface StackRef {
  readonly namespace: string;
  readonly name: string;
}

/** What one TelemetryStack tells the workloads that report to it. */
export interface InjectionConfig {
  readonly stack: StackRef;
  /** URL without a signal's path; exporters add `/v1/traces` and so on for HTTP. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'grpc';
  readonly deploymentEnvironment?: string;
  readonly showOpenlitSpans: boolean;
  readonly python: Mount;
  readonly pricing: Mount;
}

/** The files that pods get, as `bootstrap/files.ts` gives them. */
export interface InjectionAssets {
  readonly python: readonly MountedFile[];
  readonly pricing: MountedFile;
}

/** Where pods of any stack find the files. Constant: a container may name them in its own variables. */
export const MOUNT_PATH = { python: PYTHON_MOUNT_PATH, pricing: '/duotel/pricing' } as const;

export function injectionConfig(
  stack: { readonly name: string; readonly namespace: string; readonly spec: ResolvedStackSpec },
  assets: InjectionAssets,
): InjectionConfig {
  const { protocol, deploymentEnvironment, showOpenlitSpans } = stack.spec.injection;
  // No trailing cluster domain: it is not `cluster.local` everywhere, and every pod's search list completes `.svc`.
  const host = componentHost(stack.name, stack.namespace, 'collector');
  return {
    stack: { namespace: stack.namespace, name: stack.name },
    endpoint: `http://${host}:${protocol === 'grpc' ? PORT.otlpGrpc : PORT.otlpHttp}`,
    protocol,
    ...(deploymentEnvironment === undefined ? {} : { deploymentEnvironment }),
    showOpenlitSpans,
    python: mount('python', assets.python),
    pricing: mount('pricing', [assets.pricing]),
  };
}

function mount(kind: keyof typeof MOUNT_PATH, files: readonly MountedFile[]): Mount {
  const volume = `duotel-${kind}`;
  return { volume, configMap: `${volume}-${contentHash(files)}`, mountPath: MOUNT_PATH[kind], files };
}
