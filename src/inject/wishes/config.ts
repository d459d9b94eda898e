import { milliseconds } from '../../../api/duration.ts';
import { componentHost, PORT } from '../../../api/names.ts';
import { chosenRuntimes, servedRuntimes } from '../../../api/runtimes/choice.ts';
import type { Runtime, ServedRuntime } from '../../../api/runtimes/runtime.ts';
import type { StackRef } from '../../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../../api/telemetry-stack.ts';
import { type BootstrapFile, contentHash } from '../../../bootstrap/files.ts';
import type { InjectionAssets } from './assets.ts';

/** A set of files that pods mount from a ConfigMap of their own namespace. Its content names the ConfigMap, and it never changes. */
export interface Mount {
  readonly volume: string;
  readonly configMap: string;
  readonly mountPath: string;
  readonly files: readonly BootstrapFile[];
}

/** A language, and the mount with its files. */
export interface Bootstrap {
  readonly runtime: ServedRuntime;
  readonly mount: Mount;
}

/** The settings that one TelemetryStack gives to the workloads that report to it. */
export interface InjectionConfig {
  readonly stack: StackRef;
  /** URL without a signal's path; exporters add `/v1/traces` and so on for HTTP. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'grpc';
  /** The certificates by which the app checks the collector's, if the image does not trust it. */
  readonly ca?: Mount;
  /** Secret, in the namespace of each workload, with the token that the collector asks for. */
  readonly token?: { readonly name: string; readonly key: string };
  readonly deploymentEnvironment?: string;
  readonly showOpenlitSpans: boolean;
  /** How many workloads may roll out at once for this stack. */
  readonly pace: { readonly maxConcurrentRollouts: number; readonly maxConcurrentRolloutsPerNamespace: number };
  /** `deadlineMs`: how long the operator watches the pods of an injection. undefined: failing pods stay as they are. */
  readonly autoRollback?: { readonly deadlineMs: number };
  /** Namespaces that are never touched for this stack, besides Kubernetes' own. */
  readonly protectedNamespaces: readonly string[];
  /** Of every language that there are files for; which of them a workload gets is for its annotation to say. */
  readonly bootstraps: readonly Bootstrap[];
  readonly pricing: Mount;
}

/** Where pods of any stack find the files that are of no language. Constant: a container may name them in its own variables. */
export const MOUNT_PATH = { pricing: '/duotel/pricing', ca: '/duotel/ca' } as const;

/** Name of the file with the collector's certificates. */
export const CA_FILE = 'ca.crt';

export function injectionConfig(
  stack: { readonly name: string; readonly namespace: string; readonly spec: ResolvedStackSpec },
  assets: InjectionAssets,
): InjectionConfig {
  const { protocol, deploymentEnvironment, showOpenlitSpans, autoRollback, protectedNamespaces, ...rest } = stack.spec.injection;
  const { tls, auth } = stack.spec.collector;
  // No trailing cluster domain: it is not `cluster.local` everywhere, and every pod's search list completes `.svc`.
  const host = componentHost(stack.name, stack.namespace, 'collector');
  return {
    stack: { namespace: stack.namespace, name: stack.name },
    endpoint: `${tls === undefined ? 'http' : 'https'}://${host}:${protocol === 'grpc' ? PORT.otlpGrpc : PORT.otlpHttp}`,
    protocol,
    ...(deploymentEnvironment === undefined ? {} : { deploymentEnvironment }),
    showOpenlitSpans,
    pace: {
      maxConcurrentRollouts: rest.maxConcurrentRollouts,
      maxConcurrentRolloutsPerNamespace: rest.maxConcurrentRolloutsPerNamespace,
    },
    ...(autoRollback.enabled ? { autoRollback: { deadlineMs: milliseconds(autoRollback.deadline) } } : {}),
    protectedNamespaces,
    ...(tls?.ca === undefined ? {} : { ca: mount('ca', MOUNT_PATH.ca, [{ key: CA_FILE, path: CA_FILE, text: tls.ca }]) }),
    ...(auth === undefined ? {} : { token: { name: auth.secretName, key: auth.key } }),
    bootstraps: assets.bootstraps.map(({ runtime, files }) => ({ runtime, mount: mount(runtime.id, runtime.mountPath, files) })),
    pricing: mount('pricing', MOUNT_PATH.pricing, [assets.pricing]),
  };
}

function mount(kind: string, mountPath: string, files: readonly BootstrapFile[]): Mount {
  const volume = volumeOf(kind);
  return { volume, configMap: `${volume}-${contentHash(files)}`, mountPath, files };
}

function volumeOf(kind: string): string {
  return `duotel-${kind}`;
}

/** Names of the volumes that the operator adds. */
export function ourVolumes(runtimes: readonly Runtime[]): readonly string[] {
  return [...servedRuntimes(runtimes).map(({ id }) => id), ...Object.keys(MOUNT_PATH)].map(volumeOf);
}

/** Where the operator mounts them. */
export function ourMountPaths(runtimes: readonly Runtime[]): readonly string[] {
  return [...servedRuntimes(runtimes).map(({ mountPath }) => mountPath), ...Object.values(MOUNT_PATH)];
}

/** The languages that a value of `duotel.io/bootstrap` asks for, with their mounts. */
export function chosenBootstraps(value: string, { bootstraps }: InjectionConfig): readonly Bootstrap[] {
  const chosen = chosenRuntimes(
    value,
    bootstraps.map(({ runtime }) => runtime),
  );
  return bootstraps.filter(({ runtime }) => chosen.includes(runtime));
}
