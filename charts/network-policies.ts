import { IntOrString, KubeNetworkPolicy, type NetworkPolicyPeer, type NetworkPolicyPort } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { COMPONENTS, type Component, componentName, objectLabels, selectorLabels } from '../src/api/names.ts';
import { type Edge, type EdgeSource, edges } from './config/edges.ts';
import type { StackInput } from './stack-input.ts';

/** One policy a component: nothing in or out but the edges of `config/edges.ts` and DNS. */
export class NetworkPolicies extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'network-policies');
    const all = edges(input.spec);
    for (const component of COMPONENTS.filter((name) => name !== 'grafana' || input.spec.grafana.enabled)) {
      const inward = all.filter((edge) => edge.to === component);
      const outward = all.filter((edge) => edge.from === component);
      new KubeNetworkPolicy(this, component, {
        metadata: { name: componentName(input.name, component), labels: objectLabels(input.name, component) },
        spec: {
          podSelector: { matchLabels: selectorLabels(input.name, component) },
          policyTypes: ['Ingress', 'Egress'],
          ingress: ports(inward).map((port) => ({ from: sources(input.name, inward, port), ports: [tcp(port)] })),
          egress: [DNS, ...outward.map(({ to, port }) => ({ to: [pods(input.name, to)], ports: [tcp(port)] }))],
        },
      });
    }
  }
}

/**
 * DNS servers are anywhere: in kube-system, on the node, on a link-local address. A policy sees the port behind the Service: OpenShift's
 * servers listen on 5353, Gardener's on 8053.
 */
const DNS = {
  ports: [53, 5353, 8053].flatMap((port) =>
    (['UDP', 'TCP'] as const).map((protocol) => ({ port: IntOrString.fromNumber(port), protocol })),
  ),
};

function ports(inward: readonly Edge[]): readonly number[] {
  return [...new Set(inward.map((edge) => edge.port))];
}

function sources(stack: string, inward: readonly Edge[], port: number): NetworkPolicyPeer[] {
  const from = inward.filter((edge) => edge.port === port).map((edge) => edge.from);
  // A pod of the namespace is allowed already when every pod of it is.
  const needed = from.includes('namespace') ? (['namespace'] as const) : from;
  return needed.map((source) => peer(stack, source));
}

function peer(stack: string, source: EdgeSource): NetworkPolicyPeer {
  switch (source) {
    case 'workloads':
      return { namespaceSelector: {} };
    case 'namespace':
      return { podSelector: {} };
    default:
      return pods(stack, source);
  }
}

function pods(stack: string, component: Component): NetworkPolicyPeer {
  return { podSelector: { matchLabels: selectorLabels(stack, component) } };
}

function tcp(port: number): NetworkPolicyPort {
  return { port: IntOrString.fromNumber(port), protocol: 'TCP' };
}
