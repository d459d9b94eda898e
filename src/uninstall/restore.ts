import { describe, type KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { releasePatch } from '../inject/change/release.ts';
import { decideWorkload } from '../inject/decision/decide-workload.ts';
import { isMarked } from '../inject/record/is-marked.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { surveyStacks } from '../survey/survey.ts';

/** How often a write is tried that somebody else was faster than. */
const ATTEMPTS = 5;

/**
 * Gives a workload whose annotations ask for nothing any more its template back, by the operator's own function.
 * @returns `gone` when the workload is gone, or will be in a moment.
 * @throws KubeApiError when the API server refuses; Error that names the reason if the workload still asks for something.
 */
export async function restore(api: KubeApi, object: KubeObject): Promise<'restored' | 'gone'> {
  const type = await api.resourceType(object.apiVersion, object.kind);
  const namespaceType = await api.resourceType('v1', 'Namespace');
  for (let count = 1; ; count += 1) {
    const [workload, namespace, present] = await Promise.all([
      api.get(type, object.metadata),
      api.get(namespaceType, { name: object.metadata.namespace ?? '' }),
      surveyStacks(api),
    ]);
    if (workload === undefined || namespace === undefined) return 'gone';
    const stacks = present.stacks.map(({ config }) => config);
    const decision = decideWorkload({ workload, namespace, stacks, operatorNamespace: SYSTEM_NAMESPACE });
    if (decision.action !== 'revert') {
      if (decision.outcome?.reason === 'Deleting') return 'gone';
      if (!isMarked(workload)) return 'restored';
      throw new Error(
        `${describe(object)}: is not reverted: ${decision.outcome?.reason ?? ''} ${decision.outcome?.message ?? ''}; duotel explain says why`,
      );
    }
    try {
      const answer = await api.patch(type, workload.metadata, decision.patch.type, decision.patch.body, { fieldManager: FIELD_MANAGER });
      const release = releasePatch(answer);
      if (release === undefined) return 'restored';
      await api.patch(type, workload.metadata, 'application/json-patch+json', release, { fieldManager: FIELD_MANAGER });
      return 'restored';
    } catch (error) {
      if (count >= ATTEMPTS || !(isApiError(error, 'Conflict') || isApiError(error, 'Invalid'))) throw error;
    }
  }
}
