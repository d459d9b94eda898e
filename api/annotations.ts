/** Everything under our prefix that people or the operator write on a workload or a Namespace. */
export const PREFIX = 'duotel.io/';

export const ANNOTATION = {
  /** Which producers are on; see {@link BACKENDS}. Absent: the workload does not concern us. */
  backend: 'duotel.io/backend',
  /** Zero-code start-up in the app's interpreter; see api/runtimes. */
  bootstrap: 'duotel.io/bootstrap',
  /** Container names, comma-separated, or `*`. */
  containers: 'duotel.io/containers',
  /** `service.name` of the workload's telemetry. Default: the workload's name. */
  serviceName: 'duotel.io/service-name',
  /** `[namespace/]name` of the TelemetryStack. Default: the only one. */
  stack: 'duotel.io/stack',
  /** `true` sends prompts and completions too. Default `false`. */
  captureContent: 'duotel.io/capture-content',
  /** The record of what was set, written by the operator (JSON). */
  injected: 'duotel.io/injected',
  /** The record of what `duotel inject -f` wrote into a manifest (JSON); the operator leaves it alone. */
  manifest: 'duotel.io/manifest',
  /** One line for people, written by the operator. */
  status: 'duotel.io/status',
  /** What the annotations had asked for when an injection was taken back since its pods failed, and why; written by the operator (JSON). */
  rolledBack: 'duotel.io/rolled-back',
} as const;

/** Keys that the operator writes. */
export const OPERATOR_ANNOTATIONS: readonly string[] = [ANNOTATION.injected, ANNOTATION.status, ANNOTATION.rolledBack];

/**
 * On the pod template of a stack's own part; it asks for nothing. If a part reads its configuration at its start only, a change of this
 * value rolls it. See docs/adr/0002.
 */
export const CONFIG_HASH_ANNOTATION = 'duotel.io/config-hash';

/** Keys that people may set. */
export const USER_ANNOTATIONS = [
  ANNOTATION.backend,
  ANNOTATION.bootstrap,
  ANNOTATION.containers,
  ANNOTATION.serviceName,
  ANNOTATION.stack,
  ANNOTATION.captureContent,
] as const;

export const BACKENDS = ['openinference', 'openlit', 'both', 'none'] as const;
export type Backend = (typeof BACKENDS)[number];
/** A backend mode that turns at least one producer on. */
export type ActiveBackend = Exclude<Backend, 'none'>;
