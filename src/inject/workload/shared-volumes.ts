import type { Runtime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';
import { ourVolumes } from '../wishes/config.ts';
import type { Container, PodSpec } from './pod-template.ts';

/**
 * The first of these containers in which a mount of ours could make its owner's next deploy fail; undefined when there is none.
 * The case: the pod has volumes of its owner's, and the container mounts none of them. When the owner drops the last of these volumes (with
 * the sidecar that used it), each tool that merges (kubectl apply, Helm, Flux, Argo CD) drops the whole list `volumes`, with ours in it.
 * Our mount is in a list that was never the owner's, so it stays, and the API server refuses their deploy: `volumeMounts[0].name: Not
 * found`. If the container has a mount of the owner's too, that list goes with the volumes, and we put ours back. Measured with seven
 * tools: docs/gitops.md.
 * A mount of a volumeClaimTemplate does not count: its volume is not in `volumes`, so the mount outlives that list.
 */
export function exposedContainer(pod: PodSpec, targets: readonly string[], runtimes: readonly Runtime[] = RUNTIMES): string | undefined {
  const ours = ourVolumes(runtimes);
  const theirs = (pod.volumes ?? []).map(({ name }) => name).filter((name) => !ours.includes(name));
  if (theirs.length === 0) return undefined;
  const isExposed = ({ volumeMounts = [] }: Container): boolean => !volumeMounts.some(({ name }) => theirs.includes(name));
  return pod.containers.find((container) => targets.includes(container.name) && isExposed(container))?.name;
}
