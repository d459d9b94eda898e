import { ANNOTATION } from '../../api/annotations.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { valueAt } from '../../api/value-at.ts';
import { readRecord } from '../inject/record/record.ts';
import { settingsOf } from '../inject/wishes/settings.ts';
import { podTemplate } from '../inject/workload/pod-template.ts';
import { gitOpsOwner } from '../survey/gitops.ts';

/** Why not all workloads of a cluster can be given back, and what to do; undefined: they can. */
export function uninstallObstacle(
  workloads: readonly KubeObject[],
  namespaces: readonly KubeObject[],
  stacks: readonly KubeObject[],
): string | undefined {
  const names = (objects: readonly KubeObject[]): string => objects.map(describe).join(', ');
  const optsOut = (workload: KubeObject): boolean => {
    const name = workload.metadata.namespace ?? '';
    const namespace = namespaces.find(({ metadata }) => metadata.name === name);
    return settingsOf(workload, namespace ?? { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }).kind === 'optedOut';
  };
  const byTemplate = workloads.filter(
    (workload) => podTemplate(workload)?.metadata?.annotations?.[ANNOTATION.backend] !== undefined && !optsOut(workload),
  );
  if (byTemplate.length > 0) {
    return `${names(byTemplate)}: ${ANNOTATION.backend} is on the pod template, and only its owner may change that: remove it there`;
  }
  const asking = [...namespaces, ...workloads].filter(({ metadata }) => metadata.annotations?.[ANNOTATION.backend] !== 'none');
  const held = asking.filter((object) => gitOpsOwner(object) !== undefined);
  const [first] = held;
  if (first !== undefined) {
    return `${names(held)}: ${gitOpsOwner(first)} has ${ANNOTATION.backend} from Git and would bring it back: remove it there`;
  }
  const suspended = stacks.filter((stack) => valueAt(stack, ['spec', 'suspend']) === true);
  const used = suspended.filter(({ metadata }) =>
    workloads.some((workload) => stackOf(workload) === `${metadata.namespace}/${metadata.name}`),
  );
  const [stack] = used;
  if (stack === undefined) return undefined;
  const { name, namespace } = stack.metadata;
  return `${names(used)}: spec.suspend is true, so the operator gives no workload of it back: run kubectl -n ${namespace} patch ${TELEMETRY_STACK.plural} ${name} --type merge -p '{"spec":{"suspend":false}}' first`;
}

function stackOf(workload: KubeObject): string | undefined {
  const record = readRecord(workload);
  return typeof record === 'string' ? undefined : record.stack;
}
