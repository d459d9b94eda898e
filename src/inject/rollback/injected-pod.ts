import type { KubeObject } from '../../../api/kube-object.ts';
import type { InjectionRecord } from '../record/record.ts';
import { type EnvContent, holds } from '../workload/env-content.ts';
import type { PodSpec } from '../workload/pod-template.ts';

/** Whether a pod was made from the template that this record describes: it holds each of its variables, with these contents. */
export function isInjectedPod(pod: KubeObject, { containers }: Pick<InjectionRecord, 'containers'>): boolean {
  const live = ((pod['spec'] ?? {}) as Partial<PodSpec>).containers ?? [];
  return Object.entries(containers).every(([name, { env }]) => {
    const items = live.find((container) => container.name === name)?.env ?? [];
    return Object.entries<EnvContent>(env).every(([variable, content]) =>
      items.some((item) => item.name === variable && holds(item, content)),
    );
  });
}
