/**
 * What an outcome means for the workload.
 * - `injected`: the template holds what the annotations ask for.
 * - `pending`: it will, when something outside the workload changes. People can only wait or resume.
 * - `blocked`: a person must decide something. The template stays exactly as it is. The exception is a mount of ours that could make the
 *   owner's next deploy fail: then everything of ours is taken back.
 * - `off`: nothing is asked for.
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
    todo: 'Nothing. To get the former template back, remove duotel.io/backend.',
  },
  Reverted: {
    state: 'off',
    means: 'duotel.io/backend is gone or none. The operator has removed what it had set.',
    todo: 'Nothing.',
  },
  OptedOut: {
    state: 'off',
    means: 'duotel.io/backend is none on the workload, its pod template or its Namespace. none wins over every other value.',
    todo: 'To turn telemetry on, remove the none or give it a mode.',
  },
  WaitingForStack: {
    state: 'pending',
    means: 'No TelemetryStack exists that the workload could report to.',
    todo: 'Apply a TelemetryStack; an empty spec is a full stack.',
  },
  StackSuspended: {
    state: 'pending',
    means: 'The TelemetryStack is suspended. The operator writes nothing for its workloads, and no status on them.',
    todo: 'Set spec.suspend of the TelemetryStack to false. The operator then goes on.',
  },
  WaitingPaused: {
    state: 'pending',
    means: 'The Deployment or Rollout is paused. A change of its template would not roll out.',
    todo: 'Run kubectl rollout resume. The operator then goes on.',
  },
  WaitingForRollout: {
    state: 'pending',
    means: 'The workload is rolling out an earlier change. An injection now would start a second rollout on top of it.',
    todo: 'Nothing: the operator goes on when that rollout is done. If the rollout is stuck, mend or undo it.',
  },
  WaitingInQueue: {
    state: 'pending',
    means: 'The operator is rolling out as many workloads as its settings allow at once.',
    todo: 'Nothing. To allow more, raise spec.injection.maxConcurrentRollouts or ...PerNamespace of the TelemetryStack.',
  },
  RolledBack: {
    state: 'blocked',
    means: 'New pods failed after the injection, and the former pods had been available. The operator took the injection back.',
    todo: 'Read the message and the logs of the container. If the message names a pod of a StatefulSet, delete that pod: Kubernetes does not replace it while it is not Ready. To try again, change an annotation or remove duotel.io/rolled-back.',
  },
  Contested: {
    state: 'blocked',
    means: 'Another controller, a policy or a GitOps tool removes again and again what the operator sets.',
    todo: 'Find the manifest that the other tool applies. Write the variables into it with duotel inject -f, or put the annotations on it.',
  },
  InvalidAnnotation: {
    state: 'blocked',
    means: 'A duotel.io/ annotation has an unknown name, or a value that is not allowed.',
    todo: 'Correct the annotation that the message names. The message gives the nearest valid one.',
  },
  UnknownContainer: {
    state: 'blocked',
    means: 'duotel.io/containers names a container that the pod template does not have.',
    todo: 'Correct the name. The message gives the nearest one.',
  },
  AmbiguousContainer: {
    state: 'blocked',
    means: 'The pod has several containers that are not known sidecars, and duotel.io/containers does not choose.',
    todo: 'Set duotel.io/containers to the names of the containers that run the LLM code, or to * for all.',
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
    means: 'Several TelemetryStacks exist. duotel.io/stack is missing, or gives a name without a namespace that several have.',
    todo: 'Set duotel.io/stack to namespace/name.',
  },
  ProtectedNamespace: {
    state: 'blocked',
    means:
      "The namespace is one of Kubernetes' own (kube-*), the operator's, or in spec.injection.protectedNamespaces. The operator changes nothing in it.",
    todo: 'Run the workload in another namespace.',
  },
  UnsupportedKind: {
    state: 'blocked',
    means:
      "A changed template would make no new pod: a Job's template can not be changed, and a bare Pod or ReplicaSet replaces nothing. Or the operator does not know the kind.",
    todo: 'Annotate the Deployment, StatefulSet, DaemonSet, CronJob or Rollout that makes the pods. If none of these makes them, turn what makes them into one: the message says how.',
  },
  Deleting: {
    state: 'off',
    means: 'The workload or its Namespace is being deleted. The operator writes nothing on it any more.',
    todo: 'Nothing.',
  },
  WindowsPod: {
    state: 'blocked',
    means: 'The pods run on Windows. The mounted files and paths were never tried there.',
    todo: "Set the variables in the workload's own manifest. duotel explain lists them for a workload on Linux.",
  },
  BootstrapUnavailable: {
    state: 'blocked',
    means: 'This release has no start-up files for the language in duotel.io/bootstrap.',
    todo: "Set duotel.io/bootstrap to none, and start the producers in the app's code.",
  },
  DuplicateVariable: {
    state: 'blocked',
    means: 'The container lists one variable twice. A patch would change the order of your variables.',
    todo: 'Remove one of the two.',
  },
  VolumeOwnedByUser: {
    state: 'blocked',
    means: 'The pod has a volume of its own under a name that the operator needs.',
    todo: 'Rename the volume. Names that begin with duotel- belong to the operator.',
  },
  MountPathOwnedByUser: {
    state: 'blocked',
    means: 'The container has a mount of its own at a path that the operator needs, around it or below it.',
    todo: 'Mount it elsewhere. Paths under /duotel belong to the operator.',
  },
  VolumeListShared: {
    state: 'blocked',
    means:
      "The operator would have to mount a volume in a container that mounts none of the pod's own volumes. If you remove your last volume later, your tool removes the operator's volumes with it, and the API server refuses your deploy.",
    todo: 'Give the container a mount of its own, for example an emptyDir at /tmp. Or set duotel.io/bootstrap to none.',
  },
  StartupPathOwnedByUser: {
    state: 'blocked',
    means:
      'The container sets a variable that the bootstrap of a language needs, without the part of the bootstrap. The bootstrap can not load.',
    todo: 'Append what the message names to the value in the manifest, or set duotel.io/bootstrap to none.',
  },
  WriteRefused: {
    state: 'blocked',
    means: 'The API server refused the change, for example by an admission policy.',
    todo: "Read the message: it is the API server's. The operator tries again when the workload changes, and every five minutes.",
  },
  EnvOwnedByUser: {
    state: 'note',
    means: 'The container already sets a variable that the operator would set, to another value. The operator leaves it as it is.',
    todo: 'Nothing if you want that value. Else remove the variable from the manifest.',
  },
  EndpointOwnedByUser: {
    state: 'note',
    means:
      'The container has settings of its own for the OTLP exporter. Endpoint and protocol belong together, so the operator sets neither.',
    todo: 'To send to the stack, remove these settings from the manifest.',
  },
  RecordUnreadable: {
    state: 'note',
    means: 'This release can not read the record in the annotation duotel.io/injected. The operator has rebuilt it from the template.',
    todo: 'Nothing. Do not edit that annotation.',
  },
  AnnotationOnPodTemplate: {
    state: 'note',
    means: 'The annotation is on the pod template. It works there, but its removal starts a rollout of its own.',
    todo: 'Move it to the metadata of the workload.',
  },
  HostNetworkDns: {
    state: 'note',
    means: 'The pods use the host network with dnsPolicy ClusterFirst. They can not resolve the name of the collector.',
    todo: 'Set dnsPolicy: ClusterFirstWithHostNet in the pod template.',
  },
  PodsMustBeDeleted: {
    state: 'note',
    means: 'The update strategy is OnDelete. Running pods keep the former template.',
    todo: 'Delete the pods when it suits you.',
  },
  PricesLeftOut: {
    state: 'note',
    means:
      'The price list is not mounted, for the reason given under VolumeListShared. OpenLIT fetches a list of its own; where it can not, it records no cost.',
    todo: 'Give the container a mount of its own, for example an emptyDir at /tmp.',
  },
  EnvFromNotRead: {
    state: 'note',
    means: 'The container has envFrom. The operator does not read its contents. An injected variable wins over one of the same name in it.',
    todo: 'If it holds OTEL_ variables that must win, list them under env. If the message names a variable, list that too, with what the message appends.',
  },
  ManifestOutdated: {
    state: 'note',
    means: 'duotel inject -f of another release wrote the manifest. The operator leaves its variables and files as they are.',
    todo: 'Run duotel inject -f on the manifest again.',
  },
  ImageEnvNotRead: {
    state: 'note',
    means: 'The operator does not know the environment of the image. The variable that the message names replaces the one of the image.',
    todo: 'If the image relies on its own value, set the variable in the manifest, and append the part that docs/reference/annotations.md names for the language.',
  },
} as const satisfies Readonly<Record<string, ReasonDoc>>;

export type Reason = keyof typeof REASONS;

type ReasonIn<State extends OutcomeState> = { [R in Reason]: (typeof REASONS)[R]['state'] extends State ? R : never }[Reason];
/** A reason that can be the outcome of a workload. */
export type OutcomeReason = Exclude<Reason, ReasonIn<'note'>>;
/** A reason that is said beside an outcome. */
export type NoteReason = ReasonIn<'note'>;
