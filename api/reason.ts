/**
 * What an outcome means for the workload.
 * - `injected`: the template holds what the annotations ask for.
 * - `pending`: it will, when something outside the workload changes; nothing to do by hand but wait or resume.
 * - `blocked`: a person must decide something; the template is left exactly as it is, but for a mount of ours that could make the owner's
 *   next deploy fail: then all of ours is taken back.
 * - `off`: nothing of ours is wanted here.
 * - `note`: said beside another outcome; never an outcome by itself.
 */
export type OutcomeState = 'injected' | 'pending' | 'blocked' | 'off' | 'note';

interface ReasonDoc {
  readonly state: OutcomeState;
  /** One line: what is the case. */
  readonly means: string;
  /** One line: what a person can do. */
  readonly todo: string;
}

/** Every reason that a status, an event or a metric of ours can name. The only list: documentation and tests are made from it. */
export const REASONS = {
  Injected: {
    state: 'injected',
    means: 'The pod template holds the variables, volumes and mounts that the annotations ask for.',
    todo: 'Nothing. Remove duotel.io/backend to get the former template back.',
  },
  Reverted: {
    state: 'off',
    means: 'The annotation is gone or none, and what the operator had set is removed.',
    todo: 'Nothing.',
  },
  OptedOut: {
    state: 'off',
    means: 'duotel.io/backend is none on the workload, its pod template or its Namespace; none wins over every other value.',
    todo: 'Remove the none, or give it a mode, to turn telemetry on.',
  },
  WaitingForStack: {
    state: 'pending',
    means: 'There is no TelemetryStack to report to.',
    todo: 'Create one: kubectl apply a TelemetryStack; an empty spec is a full stack.',
  },
  StackSuspended: {
    state: 'pending',
    means: 'The TelemetryStack is suspended: nothing is written for its workloads, not even a status on them.',
    todo: 'Set spec.suspend of the TelemetryStack to false; the operator then goes on.',
  },
  WaitingPaused: {
    state: 'pending',
    means: 'The Deployment or Rollout is paused: a change of its template would not roll out.',
    todo: 'kubectl rollout resume; the operator then goes on.',
  },
  WaitingForRollout: {
    state: 'pending',
    means: 'A rollout of an earlier change is under way; the injection would be a second one on top of it.',
    todo: 'Nothing: the operator goes on when that rollout is done. If it is stuck, mend it or undo it.',
  },
  WaitingInQueue: {
    state: 'pending',
    means: 'As many workloads are rolling out for the operator as the settings allow at once.',
    todo: 'Nothing; or raise spec.injection.maxConcurrentRollouts, or ...PerNamespace, of the TelemetryStack.',
  },
  RolledBack: {
    state: 'blocked',
    means: 'New pods failed after the injection where the former ones were available, so it was taken back.',
    todo: 'See the message and the logs of the container. Of a StatefulSet, delete the pod that the message names: it is not replaced while it is not Ready. Change an annotation, or remove duotel.io/rolled-back, to try again.',
  },
  Contested: {
    state: 'blocked',
    means: 'Something else takes out again and again what the operator sets: another controller, a policy or a GitOps tool.',
    todo: 'Put the variables where that other tool has the manifest from, with duotel inject -f; or annotate what it makes the workload from.',
  },
  InvalidAnnotation: {
    state: 'blocked',
    means: 'A duotel.io/ annotation has an unknown name or a value that is not allowed.',
    todo: 'Correct the annotation that the message names; it gives the nearest valid one.',
  },
  UnknownContainer: {
    state: 'blocked',
    means: 'duotel.io/containers names a container that the pod template does not have.',
    todo: 'Correct the name; the message gives the nearest one.',
  },
  AmbiguousContainer: {
    state: 'blocked',
    means: 'The pod has several containers that are not known sidecars, and no choice was made.',
    todo: 'Set duotel.io/containers to the names of those that run the LLM code, or to * for all.',
  },
  NoTargetContainer: {
    state: 'blocked',
    means: 'Every container of the pod is a known sidecar.',
    todo: 'Set duotel.io/containers to the container that runs the LLM code.',
  },
  UnknownStack: {
    state: 'blocked',
    means: 'duotel.io/stack names a TelemetryStack that does not exist.',
    todo: 'Correct the name ([namespace/]name), or create that TelemetryStack.',
  },
  AmbiguousStack: {
    state: 'blocked',
    means: 'There are several TelemetryStacks and no choice was made, or a name without namespace fits several.',
    todo: 'Set duotel.io/stack to namespace/name.',
  },
  ProtectedNamespace: {
    state: 'blocked',
    means:
      "The namespace is one of Kubernetes' own (kube-*), the operator's, or in spec.injection.protectedNamespaces; nothing in it is changed.",
    todo: 'Run the workload in another namespace.',
  },
  UnsupportedKind: {
    state: 'blocked',
    means:
      'No pod would be made anew from a changed template: a Job is immutable, a bare Pod or ReplicaSet replaces nothing; or the kind is not known.',
    todo: 'Annotate the Deployment, StatefulSet, DaemonSet, CronJob or Rollout that makes the pods; a bare one must become one of these, see the message.',
  },
  Deleting: {
    state: 'off',
    means: 'The workload or its Namespace is being deleted: nothing is written on it any more.',
    todo: 'Nothing.',
  },
  WindowsPod: {
    state: 'blocked',
    means: 'The pods run on Windows, where the mounted files and paths were never tried.',
    todo: "Set the variables of docs/reference in the workload's own manifest.",
  },
  BootstrapUnavailable: {
    state: 'blocked',
    means: 'This release has no start-up files for the language in duotel.io/bootstrap.',
    todo: "Set duotel.io/bootstrap to none and initialise the producers in the app's code.",
  },
  DuplicateVariable: {
    state: 'blocked',
    means: 'The container lists one variable twice; a patch by name would change the order of what is not ours.',
    todo: 'Keep one of the two.',
  },
  VolumeOwnedByUser: {
    state: 'blocked',
    means: 'The pod has a volume of its own under a name that the operator needs.',
    todo: 'Rename the volume; names beginning with duotel- are the operator’s.',
  },
  MountPathOwnedByUser: {
    state: 'blocked',
    means: 'The container mounts something of its own at a path that the operator needs, around it or below it.',
    todo: 'Mount it elsewhere; paths under /duotel are the operator’s.',
  },
  VolumeListShared: {
    state: 'blocked',
    means:
      "A container that needs a volume of the operator's mounts none of the pod's own: when you drop the last of those, your tool drops the operator's with them, and the API server refuses your deploy.",
    todo: 'Give the container a mount of its own, for example an emptyDir at /tmp; or set duotel.io/bootstrap to none.',
  },
  StartupPathOwnedByUser: {
    state: 'blocked',
    means:
      'The container sets a variable itself that the bootstrap of a language needs. The value does not have our part in it, so the bootstrap can not load.',
    todo: 'Append to the value in the manifest what the message names, or set duotel.io/bootstrap to none.',
  },
  WriteRefused: {
    state: 'blocked',
    means: 'The API server refused the change, for example by an admission policy.',
    todo: 'Read the message; it is the API server’s. The operator tries again when the workload changes, and every five minutes.',
  },
  EnvOwnedByUser: {
    state: 'note',
    means: 'A variable that the operator would set is already there with another value: it stays as it is.',
    todo: 'Nothing if that is what you want; else remove it from the manifest.',
  },
  EndpointOwnedByUser: {
    state: 'note',
    means: 'The container has OTLP exporter settings of its own. Endpoint and protocol are one setting: the operator sets neither.',
    todo: 'Remove them from the manifest to send to the stack.',
  },
  RecordUnreadable: {
    state: 'note',
    means: 'The annotation duotel.io/injected is not a record that this release can read; it was rebuilt from the template.',
    todo: 'Nothing. Do not edit that annotation.',
  },
  AnnotationOnPodTemplate: {
    state: 'note',
    means: 'The annotation was found on the pod template. It works, but removing it there starts a rollout of its own.',
    todo: 'Put it on the metadata of the workload itself.',
  },
  HostNetworkDns: {
    state: 'note',
    means: 'The pods use the host network with dnsPolicy ClusterFirst, which can not resolve the name of the collector.',
    todo: 'Set dnsPolicy: ClusterFirstWithHostNet in the pod template.',
  },
  PodsMustBeDeleted: {
    state: 'note',
    means: 'The update strategy is OnDelete: running pods keep the former template.',
    todo: 'Delete the pods when it suits you.',
  },
  PricesLeftOut: {
    state: 'note',
    means:
      "The price list is not mounted, for the reason given under VolumeListShared; OpenLIT fetches its own, and records no cost where it can't.",
    todo: 'Give the container a mount of its own, for example an emptyDir at /tmp.',
  },
  EnvFromNotRead: {
    state: 'note',
    means: 'The container has envFrom. Its contents are not read, and an injected variable wins over one of the same name in it.',
    todo: 'If it holds OTEL_ variables that must win, name them under env; also a variable that the message names, with our part appended.',
  },
  ManifestOutdated: {
    state: 'note',
    means: 'The manifest was written by duotel inject -f of another release; its files stay as they are.',
    todo: 'Run duotel inject -f on the manifest again.',
  },
  ImageEnvNotRead: {
    state: 'note',
    means: 'The environment of the image is not known. The variable that the message names replaces the one of the image.',
    todo: 'If the image relies on its own value, set the variable in the manifest, with our part appended: docs/reference/annotations.md has it for each language.',
  },
} as const satisfies Readonly<Record<string, ReasonDoc>>;

export type Reason = keyof typeof REASONS;

type ReasonIn<State extends OutcomeState> = { [R in Reason]: (typeof REASONS)[R]['state'] extends State ? R : never }[Reason];
/** A reason that can be the outcome of a workload. */
export type OutcomeReason = Exclude<Reason, ReasonIn<'note'>>;
/** A reason that is said beside an outcome. */
export type NoteReason = ReasonIn<'note'>;
