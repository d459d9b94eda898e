import { isDeepStrictEqual } from 'node:util';
import { PREFIX } from '../../api/annotations.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { OPERATOR_NAME, STACK_LABEL } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import type { Change } from '../controller/cluster-cache.ts';
import type { Priority, WorkQueue } from '../controller/work-queue.ts';
import { FILES_LABEL } from '../inject/change/config-map.ts';
import { WORKLOAD_KINDS } from '../inject/workload/kinds.ts';
import type { StackController } from '../stacks/stack-controller.ts';
import type { WorkloadController } from '../workloads/workload-controller.ts';

export interface ChangeRoutesOptions {
  /** The operator's own namespace. */
  readonly namespace: string;
  /** Namespaces whose workloads are looked at. Default: all. */
  readonly scope: readonly string[] | undefined;
  readonly stackController: Pick<StackController, 'seen'>;
  readonly stacks: Pick<WorkQueue, 'add'>;
  readonly workloadController: Pick<WorkloadController, 'observe' | 'stackGone' | 'annotated' | 'inNamespace'>;
  readonly workloads: Pick<WorkQueue, 'add' | 'addAfter' | 'drop' | 'started'>;
  readonly program: Pick<WorkQueue, 'addAfter'>;
}

/** Files that are there at the start may belong to a workload that is injected in a moment. It comes first. */
const COLLECT_AFTER_MS = 5000;

/**
 * Time after a change of the operator's Deployment. When a rollout is through, its controller says so, and drops former ReplicaSets right
 * after that.
 */
const PROGRAM_AFTER_MS = 10_000;

/** Which keys a change in the cluster puts into the queues. */
export class ChangeRoutes {
  readonly #options: ChangeRoutesOptions;

  constructor(options: ChangeRoutesOptions) {
    this.#options = options;
  }

  route(change: Change): void {
    const { namespace, stackController, stacks, workloadController, workloads, program } = this.#options;
    const { kind, key, object, previous, resync } = change;
    switch (kind) {
      case TELEMETRY_STACK.kind:
        if (object === undefined && previous !== undefined) stackController.seen(previous);
        // A list may show the next object of this name in place of the former one.
        if (previous !== undefined && object?.metadata.uid !== previous.metadata.uid) workloadController.stackGone(key);
        // The event of our own status must not end the wait of a stack that has failed.
        stacks.add(key, resync ? 'resync' : sameButStatus(object, previous) ? 'drift' : 'user');
        // A new status is no news for workloads.
        if (object?.metadata.generation === previous?.metadata.generation && object?.metadata.uid === previous?.metadata.uid) return;
        for (const workload of workloadController.annotated()) workloads.add(workload, 'drift');
        return;
      case 'Namespace':
        if (previous !== undefined && sameAnnotations(object, previous)) return;
        for (const workload of workloadController.inNamespace(key)) workloads.add(workload, 'drift');
        return;
      default: {
        this.routeWorkload(change);
        if (kind === 'Deployment' && key === `${namespace}/${OPERATOR_NAME}`) program.addAfter(key, PROGRAM_AFTER_MS);
        // Look at both stacks: a label that somebody took off is drift too.
        for (const one of [object, previous]) {
          const { labels, namespace: where = '' } = one?.metadata ?? {};
          if (one !== undefined) this.routeOwner(one, resync ? 'resync' : 'drift');
          // A process that ended between a revert and the deletion of its files may have left it.
          if (labels?.[FILES_LABEL] !== undefined && one === object && resync) this.collectLater(where);
          if (labels?.[FILES_LABEL] !== undefined && object === undefined) {
            for (const workload of workloadController.inNamespace(where)) workloads.add(workload, 'drift');
          }
        }
      }
    }
  }

  routeWorkload({ kind, key, object, previous, resync }: Change): void {
    const { scope, workloadController, workloads } = this.#options;
    // The stacks' own objects are watched in the operator's namespace, whether it is in scope or not.
    const where = (object ?? previous)?.metadata.namespace ?? '';
    const isWorkload = kind in WORKLOAD_KINDS && (scope === undefined || scope.includes(where));
    if (!isWorkload || !workloadController.observe(object, previous)) return;
    // This process has done nothing yet, so the workload has left nothing. Keys of every former workload would pile up while another
    // process leads.
    if (object === undefined && !workloads.started) workloads.drop(`${kind}/${key}`);
    else workloads.add(`${kind}/${key}`, resync ? 'resync' : 'user');
  }

  /** Queues the stack that has made an object, whether the object is there or not. */
  routeOwner({ metadata: { labels, namespace: where } }: KubeObject, priority: Priority): void {
    const { namespace, stacks } = this.#options;
    const owner = labels?.[STACK_LABEL];
    if (owner !== undefined && where === namespace) stacks.add(`${namespace}/${owner}`, priority);
  }

  /** Queues the deletion of files that nothing mounts in a namespace, under a key that names no workload. */
  collectLater(namespace = ''): void {
    this.#options.workloads.addAfter(`ConfigMap/${namespace}/`, COLLECT_AFTER_MS, 'resync');
  }
}

/** Whether two versions of a stack ask for the same. */
function sameButStatus(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const wishes = ({ metadata: { uid, generation, annotations, labels } }: KubeObject): object => ({ uid, generation, annotations, labels });
  return isDeepStrictEqual(wishes(a), wishes(b));
}

/** A typo in the name of an annotation counts too: the decision refuses it. */
function sameAnnotations(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  const ours = (object: KubeObject | undefined): string =>
    JSON.stringify(
      Object.entries(object?.metadata.annotations ?? {})
        .filter(([key]) => key.startsWith(PREFIX))
        .sort(),
    );
  return ours(a) === ours(b);
}
