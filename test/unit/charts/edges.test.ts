import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { COMPONENTS, componentHost, OPERATOR_NAME, podsName } from '../../../api/names.ts';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { edges } from '../../../charts/config/edges.ts';
import { synthStack } from '../../../charts/synth-stack.ts';
import { STACK_INPUTS } from '../../support/stacks/stack-inputs.ts';

const STACK = { name: 'duotel', namespace: 'observability' };

const EVERY = [...COMPONENTS, 'gateway'] as const;
const HOSTS = [
  ...EVERY.flatMap((to) => [
    { to, host: componentHost(STACK.name, STACK.namespace, to) },
    { to, host: `${podsName(STACK.name, to)}.${STACK.namespace}.svc` },
  ]),
  { to: 'operator', host: `${OPERATOR_NAME}.${STACK.namespace}.svc` },
];

/** `from -> to:port` of every address in the ConfigMaps that a component mounts, and of every name that it asks DNS for. */
function addressesInConfigurations(spec: ReturnType<typeof resolveStackSpec>): readonly string[] {
  return synthStack({ ...STACK, spec }).flatMap((object) => {
    const from = object.metadata.labels?.['app.kubernetes.io/name'];
    const { grafana_dashboard, grafana_datasource } = object.metadata.labels ?? {};
    if (from === undefined || grafana_dashboard !== undefined || grafana_datasource !== undefined) return [];
    const text = configuration(object);
    return HOSTS.flatMap(({ to, host }) => {
      // host:port, or the port as the key beside the name that DNS is asked for.
      const written = new RegExp(`${host.replaceAll('.', '\\.')}(?::|"?\\n(?: +type: A\\n)? +port: "?)([0-9]+)`, 'g');
      return [...text.matchAll(written)].map(([, port]) => `${from} -> ${to}:${port}`);
    });
  });
}

function configuration(object: KubeObject): string {
  if (object.kind === 'ConfigMap') return Object.values(object['data'] as Record<string, string>).join('\n');
  return object.kind === 'OpenTelemetryCollector' ? JSON.stringify(object['spec']) : '';
}

interface Policy {
  readonly podSelector: { readonly matchLabels: Record<string, string> };
  readonly ingress: readonly { readonly from?: readonly Peer[]; readonly ports: readonly { readonly port: number }[] }[];
  readonly egress?: readonly {
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
  return peer.podSelector?.matchLabels === undefined ? 'namespace' : selected(peer.podSelector.matchLabels);
};
/** The OpenTelemetry Operator's pods have no name of ours. */
const selected = (labels: Record<string, string>) => labels['app.kubernetes.io/name'] ?? 'collector';

describe.each(Object.entries(STACK_INPUTS))('the network of the stack "%s"', (_, partial) => {
  const spec = resolveStackSpec(partial);
  const between = edges(spec)
    .filter(({ from, to }) => (EVERY as readonly string[]).includes(from) && to !== 'outside')
    .map(({ from, to, port }) => `${from} -> ${to}:${port}`);

  it('has exactly the edges that the configurations have addresses for', () => {
    expect([...new Set(addressesInConfigurations(spec))].sort()).toEqual([...between].sort());
  });

  it('lets out exactly these edges and DNS', () => {
    const out = policies(spec).flatMap(({ podSelector, egress = [] }) =>
      egress.flatMap(({ to, ports }) =>
        to === undefined
          ? ports.flatMap(({ port }) =>
              [53, 5353, 8053].includes(port) ? [] : [`${selected(podSelector.matchLabels)} -> outside:${port}`],
            )
          : to.flatMap((peer) => ports.map(({ port }) => `${selected(podSelector.matchLabels)} -> ${nameOf(peer)}:${port}`)),
      ),
    );
    const outside = edges(spec).flatMap(({ from, to, port }) => (to === 'outside' ? [`${from} -> outside:${port}`] : []));
    expect(out.sort()).toEqual([...between, ...outside].sort());
  });

  it('lets in exactly these edges, the workloads at the OTLP ports, and the namespace at the pages', () => {
    const allowed = (from: string, to: string, port: number) =>
      policies(spec).some(
        ({ podSelector, ingress }) =>
          selected(podSelector.matchLabels) === to &&
          ingress.some(
            (rule) =>
              rule.ports.some((candidate) => candidate.port === port) &&
              (rule.from ?? [{ namespaceSelector: {} }]).some((peer) => [from, 'namespace', 'workloads'].includes(nameOf(peer))),
          ),
      );
    for (const { from, to, port } of edges(spec).filter((edge) => edge.to !== 'outside' && edge.to !== 'operator'))
      expect({ from, to, port, allowed: allowed(from, to, port) }).toEqual({ from, to, port, allowed: true });
    // A Prometheus of the user's may be anywhere.
    if (spec.prometheus.mode === 'managed') expect(allowed('grafana', 'collector', 8889)).toBe(false);
    expect(allowed('workloads', 'prometheus', 4317)).toBe(false);
    const openToAll = policies(spec).flatMap(({ podSelector, ingress }) =>
      ingress
        .filter(({ from }) => from === undefined || from.some((peer) => nameOf(peer) === 'workloads'))
        .flatMap(({ ports }) => ports.map(({ port }) => `${selected(podSelector.matchLabels)}:${port}`)),
    );
    const wide = edges(spec).flatMap(({ from, to, port }) => (from === 'workloads' || from === 'anywhere' ? [`${to}:${port}`] : []));
    expect(openToAll.sort()).toEqual([...new Set(wide)].sort());
    expect(openToAll).toEqual(expect.arrayContaining(['collector:4317', 'collector:4318']));
  });
});
