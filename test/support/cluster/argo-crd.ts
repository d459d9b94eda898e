import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { eventually } from '../time/eventually.ts';
import { must } from './installation.ts';

const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.argoproj.io}
spec:
  group: argoproj.io
  scope: Namespaced
  names: {kind: Rollout, plural: rollouts, singular: rollout}
  versions:
    - name: v1alpha1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
            status: {type: object, x-kubernetes-preserve-unknown-fields: true}
`;
/** The CustomResourceDefinition of Argo Rollouts, with as much of its schema as the API server needs. */
export async function createRolloutCrd(cluster: ControlPlane): Promise<void> {
  await must(cluster, ['apply', '-f', '-'], CRD);
  await eventually('Rollouts to be served', () => must(cluster, ['get', 'rollouts.argoproj.io', '-A', '-o', 'name']).then(() => true));
}
