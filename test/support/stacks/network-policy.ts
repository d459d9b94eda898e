import type { KubeObject } from '../../../api/kube-object.ts';

type Labels = Readonly<Record<string, string>>;

/** One end of a connection. Without a namespace: a host that is no pod. */
export interface Endpoint {
  readonly name: string;
  readonly pod?: { readonly namespace: string; readonly labels: Labels; readonly namespaceLabels: Labels };
}

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}
interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: object;
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port?: number | string; readonly endPort?: number; readonly protocol?: string }[];
}
interface Policy {
  readonly podSelector: Selector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/**
 * Whether NetworkPolicies let one end open a connection to the other, by the rules of the API (networking.k8s.io/v1): a pod is open in a
 * direction until a policy of its namespace selects it; then only what a rule of some such policy allows. Both ends must allow it.
 * @throws Error on an ipBlock or a named port, which none of our policies has.
 */
export function allows(
  policies: readonly KubeObject[],
  from: Endpoint,
  to: Endpoint,
  port: number,
  protocol: 'TCP' | 'UDP' = 'TCP',
): boolean {
  return side(policies, 'Egress', from, to, port, protocol) && side(policies, 'Ingress', to, from, port, protocol);
}

function side(
  policies: readonly KubeObject[],
  type: 'Ingress' | 'Egress',
  self: Endpoint,
  other: Endpoint,
  port: number,
  protocol: string,
): boolean {
  const { pod } = self;
  if (pod === undefined) return true;
  const own = policies.filter(({ metadata, spec }) => {
    const { podSelector, policyTypes, egress } = spec as Policy;
    const types = policyTypes ?? ['Ingress', ...(egress === undefined ? [] : ['Egress'])];
    return metadata.namespace === pod.namespace && types.includes(type) && matches(podSelector, pod.labels);
  });
  if (own.length === 0) return true;
  return own.some(({ spec }) => {
    const { ingress = [], egress = [] } = spec as Policy;
    const rules = type === 'Ingress' ? ingress : egress;
    return rules.some((rule) => {
      const peers = (type === 'Ingress' ? rule.from : rule.to) ?? [];
      const reached = peers.length === 0 || peers.some((peer) => isPeer(peer, pod.namespace, other));
      return reached && coversPort(rule, port, protocol);
    });
  });
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, home: string, { pod }: Endpoint): boolean {
  if (ipBlock !== undefined) throw new Error('ipBlock: this evaluator knows no addresses');
  if (pod === undefined) return false;
  const there = namespaceSelector === undefined ? pod.namespace === home : matches(namespaceSelector, pod.namespaceLabels);
  return there && (podSelector === undefined || matches(podSelector, pod.labels));
}

function coversPort({ ports = [] }: Rule, wanted: number, wantedProtocol: string): boolean {
  if (ports.length === 0) return true;
  return ports.some(({ port, endPort, protocol = 'TCP' }) => {
    if (protocol !== wantedProtocol) return false;
    if (port === undefined) return true;
    if (typeof port === 'string') throw new Error(`port "${port}": this evaluator knows no names of ports`);
    return wanted >= port && wanted <= (endPort ?? port);
  });
}

function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return operator satisfies never;
      }
    })
  );
}
