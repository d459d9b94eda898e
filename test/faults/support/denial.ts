import { eventually } from '../../support/time/eventually.ts';
import type { World } from './world.ts';

const NAME = 'keep-it';
const API = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: NAME } };

/**
 * A real ValidatingAdmissionPolicy that denies the deletion of some objects, with the message "not this one".
 * @param resource plural of a kind of the core group.
 * @param allowed CEL over `oldObject`: true for those that may go.
 * @param probe path of one of them that is there, by which the policy is known to hold.
 * @returns takes the policy away; may be called twice.
 */
export async function denyDeletion({ admin }: World, resource: string, allowed: string, probe: string): Promise<() => Promise<void>> {
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: [resource] }];
  const spec = {
    failurePolicy: 'Fail',
    matchConstraints: { resourceRules: rules },
    validations: [{ expression: allowed, message: 'not this one' }],
  };
  const denied = async (): Promise<boolean> => (await admin.request('DELETE', `${probe}?dryRun=All`)).status === 422;
  const allow = async (): Promise<void> => {
    await admin.delete('ValidatingAdmissionPolicyBinding', NAME);
    await admin.delete('ValidatingAdmissionPolicy', NAME);
  };
  await admin.apply({ ...API, kind: 'ValidatingAdmissionPolicy', spec });
  await admin.apply({ ...API, kind: 'ValidatingAdmissionPolicyBinding', spec: { policyName: NAME, validationActions: ['Deny'] } });
  await eventually('the policy to hold', denied, 60).catch(async (error: unknown) => {
    await allow();
    throw error;
  });
  return allow;
}
