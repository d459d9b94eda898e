import { IntOrString, KubeNetworkPolicy, type NetworkPolicyPeer, type NetworkPolicyPort } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { type ComponentName, componentName, OPERATOR_SELECTOR, objectLabels } from '../api/names.ts';
import { stackParts } from '../api/stack-parts.ts';
import { DNS_PORTS, type Edge, type EdgeSource, edges } from './config/edges.ts';
import { podLabels } from './pod-labels.ts';
import type { StackInput } from './stack-input.ts';

/**
 * One policy a component: nothing in or out but the edges of `config/edges.ts` and DNS. The operator has one of its own
 * (operator-network-policy.ts), that a stack adds to when a Prometheus of the user's reads the operator's metrics.
 */
export class NetworkPolicies extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'network-policies');
    const all = edges(input.spec);
    for (const { component } of stackParts(input.spec)) {
      const inward = all.filter((edge) => edge.to === component);
      const outward = all.filter((edge) => edge.from === component);
      new KubeNetworkPolicy(this, component, {
        metadata: { name: componentName(input.name, component), labels: objectLabels(input.name, component) },
        spec: {
          podSelector: { matchLabels: podLabels(input, component) },
          policyTypes: ['Ingress', 'Egress'],
          ingress: ports(inward).map((port) => ({ ...sources(input, inward, port), ports: [tcp(port)] })),
          egress: [
            DNS,
            ...outward.map(({ to, port }) => ({ ...(to !== 'outside' && { to: [destination(input, to)] }), ports: [tcp(port)] })),
          ],
        },
      });
    }
    const toOperator = all.filter(({ from, to }) => from === 'workloads' && to === 'operator');
    if (toOperator.length === 0) return;
    new KubeNetworkPolicy(this, 'operator-metrics', {
      metadata: { name: `${input.name}-operator-metrics`, labels: objectLabels(input.name, 'prometheus') },
      spec: {
        podSelector: { matchLabels: OPERATOR_SELECTOR },
        policyTypes: ['Ingress'],
        ingress: ports(toOperator).map((port) => ({ ...sources(input, toOperator, port), ports: [tcp(port)] })),
      },
    });
  }
}

const DNS = { ports: DNS_PORTS.map(({ port, protocol }) => ({ port: IntOrString.fromNumber(port), protocol })) };

function ports(inward: readonly Edge[]): readonly number[] {
  return [...new Set(inward.map((edge) => edge.port))];
}

/** The widest source of a port takes in the others. */
function sources(input: StackInput, inward: readonly Edge[], port: number): { readonly from?: NetworkPolicyPeer[] } {
  const from = inward.filter((edge) => edge.port === port).map((edge) => edge.from);
  if (from.includes('anywhere')) return {};
  const needed = (['workloads', 'namespace'] as const).find((one) => from.includes(one));
  return { from: (needed === undefined ? from : [needed]).map((source) => peer(input, source)) };
}

function peer(input: StackInput, source: EdgeSource): NetworkPolicyPeer {
  switch (source) {
    case 'anywhere':
    case 'workloads':
      return { namespaceSelector: {} };
    case 'namespace':
      return { podSelector: {} };
    default:
      return pods(input, source);
  }
}

function destination(input: StackInput, to: ComponentName | 'operator'): NetworkPolicyPeer {
  return to === 'operator' ? { podSelector: { matchLabels: OPERATOR_SELECTOR } } : pods(input, to);
}

function pods(input: StackInput, component: ComponentName): NetworkPolicyPeer {
  return { podSelector: { matchLabels: podLabels(input, component) } };
}

function tcp(port: number): NetworkPolicyPort {
  return { port: IntOrString.fromNumber(port), protocol: 'TCP' };
}
