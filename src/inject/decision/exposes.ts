import type { Runtime } from '../../../api/runtimes/runtime.ts';
import type { Mine } from '../record/mine.ts';
import type { PodTemplate } from '../workload/pod-template.ts';
import { exposedContainer } from '../workload/shared-volumes.ts';

/** Whether a mount that is ours could make the next deploy of the workload's owner fail; see {@link exposedContainer}. */
export function exposes({ spec }: PodTemplate, { containers }: Mine, runtimes: readonly Runtime[]): boolean {
  const mounting = Object.keys(containers).filter((name) => Object.keys(containers[name]?.mounts ?? {}).length > 0);
  return exposedContainer(spec, mounting, runtimes) !== undefined;
}
