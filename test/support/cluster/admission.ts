import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { eventually } from '../time/eventually.ts';
import { must } from './installation.ts';

const API = 'admissionregistration.k8s.io/v1';

function policy(ns: string, kind: 'Validating' | 'Mutating', spec: object, binding: object): readonly object[] {
  const matchResources = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } } };
  return [
    { apiVersion: API, kind: `${kind}AdmissionPolicy`, metadata: { name: ns }, spec },
    {
      apiVersion: API,
      kind: `${kind}AdmissionPolicyBinding`,
      metadata: { name: ns },
      spec: { policyName: ns, matchResources, ...binding },
    },
  ];
}

const onConfigMaps = (operations: readonly string[]): object => ({
  resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations, resources: ['configmaps'] }],
});

/** A policy that denies an operation on the ConfigMaps of a namespace. */
export function denyConfigMaps(ns: string, operation: 'UPDATE' | 'DELETE', message: string): readonly object[] {
  const validations = [{ expression: 'false', message, reason: 'Invalid' }];
  return policy(ns, 'Validating', { matchConstraints: onConfigMaps([operation]), validations }, { validationActions: ['Deny'] });
}

/** A policy that denies every change of one Deployment of a namespace. */
export function freezeDeployment(ns: string, name: string, message: string): readonly object[] {
  const resourceRules = [
    { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'], resourceNames: [name] },
  ];
  const validations = [{ expression: 'false', message, reason: 'Forbidden' }];
  return policy(ns, 'Validating', { matchConstraints: { resourceRules }, validations }, { validationActions: ['Deny'] });
}

/** A policy that sets `data.text` of every ConfigMap of a namespace on its way in. */
export function rewriteConfigMaps(ns: string, text: string): readonly object[] {
  const expression = `Object{data: {'text': '${text}'}}`;
  const mutations = [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }];
  const spec = { failurePolicy: 'Fail', reinvocationPolicy: 'Never', matchConstraints: onConfigMaps(['CREATE', 'UPDATE']), mutations };
  return policy(ns, 'Mutating', spec, {});
}

/** Makes policies the API server's. It takes a moment to heed them, so `heeded` asks until it does. */
export async function enforce(cluster: ControlPlane, policies: readonly object[], heeded: () => Promise<boolean>): Promise<void> {
  await must(cluster, ['apply', '-f', '-'], policies.map((object) => JSON.stringify(object)).join('\n---\n'));
  await eventually('the admission policy to be heeded', heeded);
}
