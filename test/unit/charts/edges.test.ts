import { describe, expect, it } from '@jest/globals';
import { edges } from '../../../charts/config/edges.ts';
import { synthStack } from '../../../charts/synth-stack.ts';
import { COMPONENTS, type Component, componentHost } from '../../../src/api/names.ts';
import { resolveStackSpec } from '../../../src/api/telemetry-stack.ts';
import { STACK_INPUTS } from '../../support/stack-inputs.ts';

const STACK = { name: 'duotel', namespace: 'observability' };

/** `from -> to:port` of every address in the ConfigMaps that a component mounts. */
function addressesInConfigurations(spec: ReturnType<typeof resolveStackSpec>): readonly string[] {
  return synthStack({ ...STACK, spec }).flatMap((object) => {
    const from = object.metadata.labels?.['app.kubernetes.io/name'];
    if (object.kind !== 'ConfigMap' || from === undefined || object.metadata.labels?.['grafana_dashboard'] !== undefined) return [];
    const text = Object.values(object['data'] as Record<string, string>).join('\n');
    return COMPONENTS.flatMap((to) =>
      [...text.matchAll(new RegExp(`${componentHost(STACK.name, STACK.namespace, to).replaceAll('.', '\\.')}:([0-9]+)`, 'g'))].map(
        ([, port]) => `${from} -> ${to}:${port}`,
      ),
    );
  });
}

interface Policy {
  readonly podSelector: { readonly matchLabels: Record<string, string> };
  readonly ingress: readonly { readonly from: readonly Peer[]; readonly ports: readonly { readonly port: number }[] }[];
  readonly egress: readonly {
    readonly to?: readonly Peer[];
    readonly ports: readonly { readonly port: number; readonly protocol: string }[];
  }[];
}
interface Peer {
  readonly podSelector?: { readonly matchLabels?: Record<string, string> };
  readonly namespaceSelector?: object;
}

function policies(spec: ReturnType<typeof resolveStackSpec>): readonly Policy[] {
  return synthStack({ ...STACK, spec })
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map((object) => object['spec'] as Policy);
}
const nameOf = (peer: Peer) => {
  if (peer.namespaceSelector !== undefined) return 'workloads';
  return peer.podSelector?.matchLabels?.['app.kubernetes.io/name'] ?? 'namespace';
};

describe.each(Object.entries(STACK_INPUTS))('the network of the stack "%s"', (_, partial) => {
  const spec = resolveStackSpec(partial);
  const between = edges(spec)
    .filter(({ from }) => (COMPONENTS as readonly string[]).includes(from))
    .map(({ from, to, port }) => `${from} -> ${to}:${port}`);

  it('has exactly the edges that the configurations have addresses for', () => {
    expect([...new Set(addressesInConfigurations(spec))].sort()).toEqual([...between].sort());
  });

  it('lets out exactly these edges and DNS', () => {
    const out = policies(spec).flatMap(({ podSelector, egress }) =>
      egress.flatMap(({ to, ports }) =>
        to === undefined
          ? ports.map(({ port }) => ([53, 5353, 8053].includes(port) ? [] : ['open']).join(''))
          : to.flatMap((peer) =>
              ports.map(({ port }) => `${podSelector.matchLabels['app.kubernetes.io/name']} -> ${nameOf(peer)}:${port}`),
            ),
      ),
    );
    expect(out.filter((edge) => edge !== '').sort()).toEqual([...between].sort());
  });

  it('lets in exactly these edges, the workloads at the OTLP ports, and the namespace at the pages', () => {
    const allowed = (from: string, to: Component, port: number) =>
      policies(spec).some(
        ({ podSelector, ingress }) =>
          podSelector.matchLabels['app.kubernetes.io/name'] === to &&
          ingress.some(
            (rule) =>
              rule.ports.some((candidate) => candidate.port === port) &&
              rule.from.some((peer) => [from, 'namespace', 'workloads'].includes(nameOf(peer))),
          ),
      );
    for (const { from, to, port } of edges(spec))
      expect({ from, to, port, allowed: allowed(from, to, port) }).toEqual({ from, to, port, allowed: true });
    expect(allowed('grafana', 'collector', 8889)).toBe(false);
    expect(allowed('workloads', 'prometheus', 4317)).toBe(false);
    const openToAll = policies(spec).flatMap(({ podSelector, ingress }) =>
      ingress
        .filter(({ from }) => from.some((peer) => nameOf(peer) === 'workloads'))
        .flatMap(({ ports }) => ports.map(({ port }) => `${podSelector.matchLabels['app.kubernetes.io/name']}:${port}`)),
    );
    expect(openToAll.sort()).toEqual(['collector:4317', 'collector:4318']);
  });
});
