import { applyDefaults, type Schema } from './schema.ts';

/** What a spec breaks: `path` is like `collector.exporters.0`, empty for the spec itself; `message` is the CRD's. */
export interface Violation {
  readonly path: string;
  readonly message: string;
}

interface RuleSchema extends Schema {
  readonly properties?: Readonly<Record<string, RuleSchema>>;
  readonly items?: RuleSchema;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

interface Check {
  readonly rule: string;
  readonly holds: (self: unknown) => boolean;
}

const check = <Self>(rule: string, holds: (self: Self) => boolean): Check => ({ rule, holds: holds as (self: unknown) => boolean });

interface Toleration {
  readonly key?: string;
  readonly operator: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}
interface Collector {
  readonly mode: string;
  readonly replicas: number;
  readonly serviceAccountName?: string;
  readonly gateway: { readonly enabled: boolean };
  readonly sampling: { readonly enabled: boolean };
  readonly k8sAttributes: { readonly enabled: boolean };
  readonly service: { readonly type: string };
}
interface Storage {
  readonly type: string;
  readonly search?: object;
  readonly cassandra?: { readonly servers: readonly string[] };
  readonly clickhouse?: object;
  readonly tls?: object;
  readonly credentialsSecret?: string;
}
interface Prometheus {
  readonly mode: string;
  readonly url?: string;
  readonly remoteWrite?: readonly object[];
}

const keysAre = (ours: readonly string[]) => (self: object) =>
  Object.keys(self).every((key) => key.length <= 317 && !ours.some((prefix) => key.startsWith(prefix)));

/** The CRD's rules across fields, which are in CEL, for where there is no API server. A rule is found by its text: who changes it there changes it here. */
const CHECKS: readonly Check[] = [
  check<Toleration>("self.operator != 'Exists' || !has(self.value)", (self) => self.operator !== 'Exists' || self.value === undefined),
  check<Toleration>("self.operator == 'Exists' || has(self.key)", (self) => self.operator === 'Exists' || self.key !== undefined),
  check<Toleration>(
    "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
    (self) => self.tolerationSeconds === undefined || self.effect === 'NoExecute',
  ),
  check(
    "self.all(key, !key.startsWith('app.kubernetes.io/') && !key.startsWith('duotel.io/') && key.size() <= 317)",
    keysAre(['app.kubernetes.io/', 'duotel.io/']),
  ),
  check("self.all(key, !key.startsWith('duotel.io/') && key.size() <= 317)", keysAre(['duotel.io/'])),
  check<{ readonly value?: string; readonly secretKeyRef?: object }>(
    'has(self.value) != has(self.secretKeyRef)',
    (self) => (self.value === undefined) !== (self.secretKeyRef === undefined),
  ),
  check<{ readonly protocol: string; readonly endpoint: string }>(
    "self.protocol != 'grpc' || self.endpoint.matches('^https?://[^/]+:[0-9]+/?$')",
    (self) => self.protocol !== 'grpc' || /^https?:\/\/[^/]+:[0-9]+\/?$/.test(self.endpoint),
  ),
  check<{ readonly minReplicas: number; readonly maxReplicas: number }>(
    '!has(self.maxReplicas) || self.maxReplicas >= self.minReplicas',
    (self) => self.maxReplicas >= self.minReplicas,
  ),
  check<Collector>(
    '!has(self.replicas) || self.replicas == 1 || self.gateway.enabled',
    (self) => self.replicas === 1 || self.gateway.enabled,
  ),
  check<Collector>(
    '!has(self.sampling) || !self.sampling.enabled || self.replicas == 1',
    (self) => !self.sampling.enabled || self.replicas === 1,
  ),
  check<Collector>(
    '!has(self.k8sAttributes) || !self.k8sAttributes.enabled || has(self.serviceAccountName)',
    (self) => !self.k8sAttributes.enabled || self.serviceAccountName !== undefined,
  ),
  check<Collector>(
    "!has(self.mode) || self.mode == 'managed' || self.service.type == 'ClusterIP'",
    (self) => self.mode === 'managed' || self.service.type === 'ClusterIP',
  ),
  check<Collector>(
    "!has(self.mode) || self.mode == 'managed' || (!self.gateway.enabled && self.replicas == 1)",
    (self) => self.mode === 'managed' || (!self.gateway.enabled && self.replicas === 1),
  ),
  check<Storage>(
    "!has(self.type) || !(self.type in ['opensearch', 'elasticsearch']) || has(self.search)",
    (self) => !['opensearch', 'elasticsearch'].includes(self.type) || self.search !== undefined,
  ),
  check<Storage>(
    "!has(self.type) || self.type != 'cassandra' || has(self.cassandra)",
    (self) => self.type !== 'cassandra' || self.cassandra !== undefined,
  ),
  check<Storage>("!has(self.cassandra) || self.cassandra.servers.all(server, server.contains('.'))", (self) =>
    (self.cassandra?.servers ?? []).every((server) => server.includes('.')),
  ),
  check<Storage>(
    "!has(self.type) || self.type != 'clickhouse' || has(self.clickhouse)",
    (self) => self.type !== 'clickhouse' || self.clickhouse !== undefined,
  ),
  check<Storage>(
    "!has(self.type) || self.type != 'clickhouse' || !has(self.tls)",
    (self) => self.type !== 'clickhouse' || self.tls === undefined,
  ),
  check<Storage>(
    "!has(self.type) || !(self.type in ['cassandra', 'clickhouse']) || has(self.credentialsSecret)",
    (self) => !['cassandra', 'clickhouse'].includes(self.type) || self.credentialsSecret !== undefined,
  ),
  check<{ readonly replicas: number; readonly storage: Storage }>(
    "!has(self.replicas) || self.replicas == 1 || !(self.storage.type in ['persistent', 'ephemeral'])",
    (self) => self.replicas === 1 || !['persistent', 'ephemeral'].includes(self.storage.type),
  ),
  check<{ readonly bearerToken?: object; readonly basicAuth?: object }>(
    '!(has(self.bearerToken) && has(self.basicAuth))',
    (self) => self.bearerToken === undefined || self.basicAuth === undefined,
  ),
  check<Prometheus>(
    "!has(self.mode) || self.mode == 'managed' || has(self.url)",
    (self) => self.mode === 'managed' || self.url !== undefined,
  ),
  check<Prometheus>(
    "!has(self.mode) || self.mode != 'managed' || !has(self.url)",
    (self) => self.mode !== 'managed' || self.url === undefined,
  ),
  check<Prometheus>(
    "!has(self.mode) || self.mode == 'managed' || !has(self.remoteWrite) || self.remoteWrite.size() == 0",
    (self) => self.mode === 'managed' || (self.remoteWrite ?? []).length === 0,
  ),
  check<{ readonly replicas: number; readonly database?: object }>(
    '!has(self.replicas) || self.replicas == 1 || has(self.database)',
    (self) => self.replicas === 1 || self.database !== undefined,
  ),
];

/**
 * What a spec breaks of the rules across fields in the schema that it is valid by otherwise. Defaults count, as at the API server.
 * @throws Error where the schema has a rule that is not known here.
 */
export function ruleViolations(schema: Schema, spec: unknown): readonly Violation[] {
  return walk(schema as RuleSchema, applyDefaults(schema, spec), []);
}

function walk(schema: RuleSchema, value: unknown, path: readonly string[]): readonly Violation[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap(({ rule, message }) => {
    const known = CHECKS.find((one) => one.rule === rule);
    if (known === undefined) throw new Error(`crds/telemetrystack.yaml: no check for the rule ${rule}: add it to api/stack-rules.ts`);
    return known.holds(value) ? [] : [{ path: path.join('.'), message }];
  });
  const below = Object.entries(value).flatMap(([key, inner]) => {
    const inside = Array.isArray(value) ? schema.items : schema.properties?.[key];
    return inside === undefined ? [] : walk(inside, inner, [...path, key]);
  });
  return [...own, ...below];
}
