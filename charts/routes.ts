import { ApiObject } from 'cdk8s';
import { KubeIngress } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import type { PageSettings } from '../api/component-spec.ts';
import { type ComponentName, componentName, objectLabels } from '../api/names.ts';

/** The ways from outside to a component's pages that the user has asked for: an Ingress, an HTTPRoute of the Gateway API. */
export class Routes extends Construct {
  constructor(scope: Construct, stack: string, component: ComponentName, { ingress, httpRoute }: PageSettings, port: number) {
    super(scope, 'routes');
    const name = componentName(stack, component);
    const labels = objectLabels(stack, component);
    if (ingress !== undefined) {
      const { host, className, annotations = {}, tlsSecretName } = ingress;
      new KubeIngress(this, 'ingress', {
        metadata: { name, labels, ...(Object.keys(annotations).length > 0 && { annotations }) },
        spec: {
          ...(className !== undefined && { ingressClassName: className }),
          rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: port } } } }] } }],
          ...(tlsSecretName !== undefined && { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
        },
      });
    }
    if (httpRoute !== undefined) {
      new ApiObject(this, 'http-route', {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name, labels },
        spec: {
          parentRefs: httpRoute.parentRefs,
          ...(httpRoute.hostnames !== undefined && { hostnames: httpRoute.hostnames }),
          rules: [{ backendRefs: [{ name, port }] }],
        },
      });
    }
  }
}
