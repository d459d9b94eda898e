import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { Runtime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';
import type { Note } from '../decision/outcome.ts';
import type { InjectionConfig } from '../wishes/config.ts';
import type { InjectionSettings } from '../wishes/settings.ts';
import { ownership } from '../workload/ownership.ts';
import type { PodTemplate } from '../workload/pod-template.ts';
import { type Mine, mineOf, NOTHING } from './mine.ts';
import { readRecord } from './record.ts';
import { recoverRecord } from './recover.ts';

/** What a workload holds of ours. */
export interface Held {
  /** As its record says. */
  readonly recorded: Mine;
  readonly mine: Mine;
  readonly notes: readonly Note[];
}

/** Of a workload without a template. */
const LOST: Held = { recorded: NOTHING, mine: NOTHING, notes: [] };

/** By its record. If that is lost, by what the template shows. */
export function heldOf(
  workload: KubeObject,
  template: PodTemplate | undefined,
  settings: InjectionSettings,
  stacks: readonly InjectionConfig[],
  runtimes: readonly Runtime[] = RUNTIMES,
): Held {
  if (template === undefined) return LOST;
  const owned = ownership(workload);
  const read = readRecord(workload);
  if (typeof read !== 'string') return { recorded: read, mine: mineOf(read, template.spec, owned), notes: [] };
  const recorded = recoverRecord(workload, template.spec, settings, stacks, owned, runtimes);
  const notes: readonly Note[] =
    read === 'absent'
      ? []
      : [
          {
            reason: 'RecordUnreadable',
            level: 'hint',
            message: `${ANNOTATION.injected} could not be read and was rebuilt from the template`,
          },
        ];
  return { recorded, mine: mineOf(recorded, template.spec, owned), notes };
}
