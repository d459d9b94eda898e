import { ANNOTATION } from '../../api/annotations.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { readRecord } from '../inject/record/record.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { type InjectedWorkload, injectedWorkloads, parseTarget, workloadId } from '../survey/targets.ts';
import { listWorkloads } from '../survey/workloads.ts';
import type { Check } from './check.ts';

export interface VerifyTarget {
  /** `TYPE/NAME`. Default: every injected workload. */
  readonly workload?: string;
  /** Default: all namespaces; the context's where `workload` is given. */
  readonly namespace?: string;
}

/** The workloads to verify (at least one), or the check that says why there is none. */
export type Choice = { readonly workloads: readonly InjectedWorkload[] } | { readonly failed: Check };

const HINT = 'kubectl annotate deployment/NAME duotel.io/backend=both; duotel status says what stands in the way';

/** Finds the workloads of a target. If no workload has the name, it throws an Error that lists those there are. */
export async function choose(api: KubeApi, target: VerifyTarget, contextNamespace: () => Promise<string>): Promise<Choice> {
  if (target.workload === undefined) {
    const workloads = injectedWorkloads(await listWorkloads(api, target.namespace));
    if (workloads.length > 0) return { workloads };
    return nothing(`none in ${target.namespace === undefined ? 'any namespace' : `namespace ${target.namespace}`}`, HINT);
  }
  const wanted = parseTarget(target.workload);
  const namespace = target.namespace ?? (await contextNamespace());
  const objects = await listWorkloads(api, namespace);
  const object = objects.find(({ kind, metadata }) => kind === wanted.kind && metadata.name === wanted.name);
  if (object === undefined) {
    const others = objects.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`).join(', ') || 'none';
    throw new Error(`namespace ${namespace} has no ${wanted.kind} ${wanted.name}: it has ${others}; choose the namespace with -n`);
  }
  const workloads = injectedWorkloads([object]);
  if (workloads.length > 0) return { workloads };
  const id = workloadId({ kind: wanted.kind, namespace, name: wanted.name });
  const hint = HINT.replace('deployment/NAME', `-n ${namespace} ${wanted.kind.toLowerCase()}/${wanted.name}`);
  return nothing(`${id} is not injected: ${reason(object)}`, hint);
}

function nothing(found: string, hint: string): Choice {
  return { failed: { step: 'workload', what: 'injected workloads', state: 'failed', found, hint } };
}

function reason(object: KubeObject): string {
  const annotations = object.metadata.annotations ?? {};
  // Its status may say "Injected": another release wrote both.
  if (readRecord(object) === 'unreadable') return `its annotation ${ANNOTATION.injected} is not one that this release can read`;
  const status = annotations[ANNOTATION.status];
  if (status !== undefined) return status;
  if (annotations[ANNOTATION.backend] === undefined) return `it has no ${ANNOTATION.backend} annotation`;
  return `the operator has not written ${ANNOTATION.status} yet`;
}
