/**
 * Optional fields of a TelemetryStack's spec that stay absent where nobody writes them, since neither the CRD nor the release has a default
 * for them. A field has the name of what it is in before its own where others of its name have a default.
 */
export const WITHOUT_DEFAULT = [
  'affinity',
  'annotations',
  'auth',
  'basicAuth',
  'bearerToken',
  'ca',
  'caSecret',
  'cassandra',
  'className',
  'clickhouse',
  'clientCaKey',
  'commonLabels',
  'configPatch',
  'credentialsSecret',
  'deploymentEnvironment',
  'effect',
  'exporters',
  'extraArgs',
  'extraEnv',
  'grafana.database',
  'headers',
  'hostnames',
  'httpRoute',
  'ignore.name',
  'imagePullSecrets',
  'indexPrefix',
  'ingress',
  'limits.cpu',
  'monthlyCostBudget',
  'namespace',
  'nodeSelector',
  'operatorLabels',
  'podAnnotations',
  'podLabels',
  'priorityClassName',
  'remoteWrite',
  'search',
  'secretKeyRef',
  'sectionName',
  'serviceAccountName',
  'storageClassName',
  'tls',
  'tlsSecretName',
  'tolerationSeconds',
  'tolerations',
  'tolerations.key',
  'topologySpreadConstraints',
  'url',
  'value',
] as const;

/** Fields that `cdk8s import` writes otherwise than JSON does. */
export const RENAMED = { k8SAttributes: 'k8sAttributes', targetCpuUtilization: 'targetCPUUtilization' } as const;

/**
 * A type of imports/duotel.io.ts as JSON that has every default: read only, enums as their values, and no field optional but those
 * {@link WITHOUT_DEFAULT}. `In` is the name of the field that holds it.
 */
export type Resolved<T, In extends string = ''> = 0 extends T & 1
  ? object // `any`, which stands for a free-form object
  : T extends string
    ? string extends T
      ? string
      : `${T}`
    : T extends number | boolean
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Resolved<Item, In>[]
        : {
            readonly [K in keyof T as MayBeAbsent<K, In> extends true ? never : JsonName<K>]-?: Resolved<NonNullable<T[K]>, K & string>;
          } & {
            readonly [K in keyof T as MayBeAbsent<K, In> extends true ? JsonName<K> : never]: Resolved<NonNullable<T[K]>, K & string>;
          };

type WithoutDefault = (typeof WITHOUT_DEFAULT)[number];
type MayBeAbsent<K, In extends string> = K extends WithoutDefault ? true : `${In}.${K & string}` extends WithoutDefault ? true : false;
type JsonName<K> = K extends keyof typeof RENAMED ? (typeof RENAMED)[K] : K;
