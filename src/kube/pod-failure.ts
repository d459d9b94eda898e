import { isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';

/** What is wrong with the pods of a rollout. Names, reasons and numbers only: nothing that a container printed. */
export interface PodFailure {
  /** The kubelet's or the controller's word for it: `CrashLoopBackOff`, `ImagePullBackOff`, `ProgressDeadlineExceeded`, ... */
  readonly reason: string;
  /** One sentence: container, reason, exit code, restarts. */
  readonly message: string;
  /** Name of the pod. */
  readonly pod: string;
}

/** The kubelet tries again and again. These end only when the image or a reference changes. */
const NEVER_STARTED: readonly string[] = [
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];
/** A container that failed once at its start may have waited for something. If it failed this often, restarts did not help. */
const RESTARTS = 2;

/** The first failure among the pods of a rollout; undefined while none of them has failed for good. */
export function podFailure(pods: readonly KubeObject[]): PodFailure | undefined {
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const status = isFields(pod['status']) ? pod['status'] : {};
    for (const list of ['initContainerStatuses', 'containerStatuses']) {
      for (const container of Array.isArray(status[list]) ? status[list] : []) {
        const failure = isFields(container) ? containerFailure(container) : undefined;
        if (failure !== undefined) return { ...failure, pod: pod.metadata.name };
      }
    }
  }
  return undefined;
}

/** Whether a pod is Ready. */
export function isReady(pod: KubeObject): boolean {
  const conditions = isFields(pod['status']) ? pod['status']['conditions'] : undefined;
  return Array.isArray(conditions) && conditions.some((one) => isFields(one) && one['type'] === 'Ready' && one['status'] === 'True');
}

function containerFailure(container: Readonly<Record<string, unknown>>): Omit<PodFailure, 'pod'> | undefined {
  const name = String(container['name']);
  const waiting = at(container, 'state', 'waiting')?.['reason'];
  const restarts = typeof container['restartCount'] === 'number' ? container['restartCount'] : 0;
  if (typeof waiting === 'string' && NEVER_STARTED.includes(waiting)) {
    return { reason: waiting, message: `container ${name} did not start: ${waiting}` };
  }
  const last = at(container, 'lastState', 'terminated') ?? at(container, 'state', 'terminated');
  if (restarts < RESTARTS || last === undefined) return undefined;
  const ended = String(last['reason'] ?? 'Error');
  const exit = `exit code ${Number(last['exitCode'])}`;
  // Some kubelets (1.36 among them) leave the container terminated while they back off, and never say CrashLoopBackOff. An init container
  // that succeeded after some tries is terminated too, with exit code 0.
  const backsOff = Number(at(container, 'state', 'terminated')?.['exitCode'] ?? 0) !== 0;
  if (waiting === 'CrashLoopBackOff' || backsOff) {
    return { reason: 'CrashLoopBackOff', message: `container ${name} crashed ${restarts} times: ${ended}, ${exit}` };
  }
  // Between two crashes it runs. If it ran out of memory again and again, that is no accident.
  return ended === 'OOMKilled'
    ? { reason: ended, message: `container ${name} ran out of memory ${restarts} times: ${ended}, ${exit}` }
    : undefined;
}

function at(container: Readonly<Record<string, unknown>>, state: string, what: string): Readonly<Record<string, unknown>> | undefined {
  const found = isFields(container[state]) ? container[state][what] : undefined;
  return isFields(found) ? found : undefined;
}
