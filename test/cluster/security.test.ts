import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../api/kube-object.ts';
import { type ComponentName, OPERATOR_PORT, OPERATOR_SELECTOR, PORT } from '../../api/names.ts';
import { stackParts } from '../../api/stack-parts.ts';
import { type ResolvedStackSpec, resolveStackSpec } from '../../api/telemetry-stack.ts';
import { DNS_PORTS, type EdgeSource, edges } from '../../charts/config/edges.ts';
import { API_SERVER_PORTS } from '../../charts/config/outside.ts';
import { operatorNetworkPolicy } from '../../charts/operator-network-policy.ts';
import { podLabels } from '../../charts/pod-labels.ts';
import { synthStack } from '../../charts/synth-stack.ts';
import { podTemplates } from '../../tools/checks/pods.ts';
import { must } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { allows, type Endpoint } from '../support/stacks/network-policy.ts';
import { STACK_INPUTS } from '../support/stacks/stack-inputs.ts';
import { eventually } from '../support/time/eventually.ts';

/** Beside the namespace of `dist`: here nothing is in the way of a dry run. */
const STACK = { name: 'duotel', namespace: 'observability' };
const cluster = useInstallation({ until: 'cluster', namespaces: [STACK.namespace] });

beforeAll(async () => {
  await must(cluster, ['apply', '-f', join(cluster.dist, '00-foundation.k8s.yaml')]);
});

describe('the manifests under restricted Pod Security', () => {
  it('pass a dry run of the API server without a warning', async () => {
    const { code, stderr } = await cluster.kubectl(['apply', '--dry-run=server', '-f', cluster.dist]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('give pods that the API server admits, where it refuses one that asks for more', async () => {
    await must(cluster, ['apply', '-f', cluster.dist]);
    const running = async (): Promise<readonly string[]> => {
      const { items } = JSON.parse(await must(cluster, ['get', 'pods', '-n', 'duotel', '-o', 'json'])) as {
        readonly items: readonly KubeObject[];
      };
      return items.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] ?? '').sort();
    };
    // The controllers make the pods; there is no node, so they stay as they were admitted.
    const all = ['collector', 'grafana', 'jaeger', 'operator', 'prometheus'];
    await eventually('a pod of each workload', async () => (await running()).join() === all.join());
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x', namespace: 'duotel' },
      spec: { containers: [{ name: 'x', image: 'x:1' }] },
    };
    const { code, stderr } = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod));
    expect(code).toBe(1);
    expect(stderr).toContain('violates PodSecurity "restricted:latest"');
  });
});

const pod = (name: string, namespace: string, labels: Readonly<Record<string, string>>): Endpoint => ({
  name,
  pod: { namespace, labels, namespaceLabels: { 'kubernetes.io/metadata.name': namespace } },
});
/** Everybody who may be at an end of a connection, besides the pods of the stack. */
const OTHERS: readonly Endpoint[] = [
  pod('operator', STACK.namespace, OPERATOR_SELECTOR),
  pod('neighbour', STACK.namespace, { app: 'neighbour' }),
  pod('workload', 'shop', { app: 'rag' }),
  // Labels of ours in another namespace open nothing.
  pod('impostor', 'shop', podLabels({ ...STACK, spec: resolveStackSpec({}) }, 'prometheus')),
  { name: 'outside' },
];
const PORTS = [
  ...new Set([...Object.values(PORT), OPERATOR_PORT, ...API_SERVER_PORTS, ...DNS_PORTS.map(({ port }) => port), 22, 9200, 5432]),
];

function endpoints(objects: readonly KubeObject[], spec: ResolvedStackSpec): readonly Endpoint[] {
  const templates = podTemplates(objects);
  const own = stackParts(spec).map(({ component }) => {
    const made = templates.find(({ labels }) => labels['app.kubernetes.io/name'] === component);
    // The OpenTelemetry Operator makes the pods of its collector.
    return pod(component, STACK.namespace, made?.labels ?? podLabels({ ...STACK, spec }, component));
  });
  return [...own, ...OTHERS];
}

/** What the edges say, from which the configurations have their addresses; the policies are not looked at. */
function declared(spec: ResolvedStackSpec, from: Endpoint, to: Endpoint, port: number): boolean {
  const all = edges(spec);
  const isPart = ({ name }: Endpoint): boolean => stackParts(spec).some(({ component }) => component === name);
  const isDns = DNS_PORTS.some((one) => one.port === port);
  const covers = (source: EdgeSource): boolean => {
    if (source === 'anywhere') return true;
    if (source === 'workloads') return from.pod !== undefined;
    if (source === 'namespace') return from.pod?.namespace === STACK.namespace;
    return source === from.name;
  };
  const leaves = (): boolean => {
    if (isPart(from))
      return isDns || all.some((edge) => edge.from === from.name && [to.name, 'outside'].includes(edge.to) && edge.port === port);
    return from.name !== 'operator' || isDns || API_SERVER_PORTS.includes(port);
  };
  const enters = (): boolean => {
    if (isPart(to)) return all.some((edge) => edge.to === to.name && edge.port === port && covers(edge.from));
    if (to.name !== 'operator') return true;
    return port === OPERATOR_PORT && (from.name === 'prometheus' || all.some((edge) => edge.to === 'operator' && covers(edge.from)));
  };
  return leaves() && enters();
}

describe.each(Object.entries(STACK_INPUTS))('the NetworkPolicies of the stack "%s", by the rules of the API', (_, partial) => {
  const spec = resolveStackSpec(partial);
  const objects = synthStack({ ...STACK, spec });
  const ends = endpoints(objects, spec);
  let policies: readonly KubeObject[];
  const end = (name: string): Endpoint => ends.find((one) => one.name === name) ?? { name };
  const open = (from: string, to: string, port: number): boolean => allows(policies, end(from), end(to), port);

  beforeAll(async () => {
    const operator = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'operator', namespace: STACK.namespace },
    };
    const ours = [...objects.filter(({ kind }) => kind === 'NetworkPolicy'), { ...operator, spec: operatorNetworkPolicy() }];
    // As the API server stores them, with its defaults.
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: ours });
    const stored = await must(cluster, ['create', '--dry-run=server', '-o', 'yaml', '-f', '-'], list);
    policies = parseAllDocuments(stored).map((document) => document.toJS() as KubeObject);
    expect(policies).toHaveLength(ours.length);
  });

  it('open exactly the declared edges, for every pair of ends and every port', () => {
    const pairs = ends.flatMap((from) => ends.filter((to) => to !== from).flatMap((to) => PORTS.map((port) => ({ from, to, port }))));
    const wrong = pairs.filter(({ from, to, port }) => allows(policies, from, to, port) !== declared(spec, from, to, port));
    expect(wrong.map(({ from, to, port }) => `${from.name} -> ${to.name}:${port}`)).toEqual([]);
    expect(pairs.length).toBeGreaterThan(500);
  });

  it('open every edge between the parts of the stack', () => {
    const parts = new Set<string>(stackParts(spec).map(({ component }) => component));
    const between = edges(spec).filter(({ from, to }) => parts.has(from) && (parts.has(to) || to === 'operator'));
    expect(between.filter(({ from, to, port }) => !open(from, to, port))).toEqual([]);
    expect(between.length).toBeGreaterThan(0);
  });

  it('let in from other namespaces what is sent by OTLP, and scrapes and queries only where the user has the Prometheus or the Grafana', () => {
    const reached = (from: string): readonly string[] =>
      stackParts(spec).flatMap(({ component }) =>
        PORTS.filter((port) => open(from, component, port)).map((port) => `${component}:${port}`),
      );
    const otlp = ['collector:4317', 'collector:4318'];
    expect(reached('workload')).toEqual(expect.arrayContaining(otlp));
    if (spec.prometheus.mode === 'managed' && spec.grafana.mode === 'managed' && spec.jaeger.ingress === undefined)
      expect(reached('workload')).toEqual(otlp);
    expect(reached('impostor')).toEqual(reached('workload'));
    expect(open('workload', 'operator', OPERATOR_PORT)).toBe(spec.prometheus.mode !== 'managed');
  });

  it('keep an edge closed that nobody declared', () => {
    const undeclared: readonly (readonly [string, ComponentName | 'operator', number])[] = [
      ['jaeger', 'collector', PORT.otlpGrpc],
      ['collector', 'operator', PORT.health],
      ['operator', 'jaeger', PORT.jaegerUi],
      ['workload', 'jaeger', PORT.otlpGrpc],
      ['neighbour', 'jaeger', PORT.otlpGrpc],
    ];
    expect(undeclared.filter(([from, to, port]) => open(from, to, port))).toEqual([]);
  });
});
