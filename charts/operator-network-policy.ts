import { OPERATOR_PORT, OPERATOR_SELECTOR, selectorLabels } from '../api/names.ts';
import { DNS_PORTS } from './config/edges.ts';
import { API_SERVER_PORTS } from './config/outside.ts';

/**
 * Spec of the NetworkPolicy of the operator's pods. In: the Prometheus of a stack. Out: DNS and the API server, whose address nobody knows
 * before. `ports`: where API servers listen, as a policy sees them, behind their Service. Default {@link API_SERVER_PORTS}.
 */
export function operatorNetworkPolicy(ports: readonly number[] = API_SERVER_PORTS): object {
  const { 'app.kubernetes.io/instance': _, ...prometheus } = selectorLabels('', 'prometheus');
  return {
    podSelector: { matchLabels: OPERATOR_SELECTOR },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [{ podSelector: { matchLabels: prometheus } }], ports: [{ port: OPERATOR_PORT, protocol: 'TCP' }] }],
    egress: [{ ports: DNS_PORTS }, { ports: ports.map((port) => ({ port, protocol: 'TCP' })) }],
  };
}
