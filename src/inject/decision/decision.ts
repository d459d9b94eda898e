import type { KubeObject } from '../../../api/kube-object.ts';
import type { Patch } from '../change/template-patch.ts';
import type { InjectionRecord } from '../record/record.ts';
import type { InjectionConfig } from '../wishes/config.ts';
import type { InjectionEvent, Outcome } from './outcome.ts';

interface Reported {
  readonly outcome: Outcome;
  /** To be written on the workload after the patch. */
  readonly event: InjectionEvent;
}

/** What to do with one workload. At most one write; after it, the release patch of the answer (change/release.ts). */
export type Decision =
  /** One rollout. `needs`: ConfigMaps to create first where they do not exist. */
  | ({
      readonly action: 'inject';
      readonly patch: Patch;
      readonly record: InjectionRecord;
      readonly config: InjectionConfig;
      /** It waits for no place and no rollout; see `Applicant` in rollout/pace.ts. */
      readonly urgent: boolean;
      readonly needs: readonly KubeObject[];
    } & Reported)
  /** Template as it was; record and status removed. */
  | ({ readonly action: 'revert'; readonly patch: Patch } & Reported)
  /** Annotations only: no rollout. */
  | ({ readonly action: 'status'; readonly patch: Patch; readonly needs: readonly KubeObject[] } & Reported)
  /** Field ownership that a former run of ours has left. */
  | { readonly action: 'release'; readonly patch: Patch; readonly needs: readonly KubeObject[]; readonly outcome?: Outcome }
  /** No outcome: the workload does not concern us. */
  | { readonly action: 'none'; readonly needs: readonly KubeObject[]; readonly outcome?: Outcome };

export const NO_NEEDS: readonly KubeObject[] = [];
