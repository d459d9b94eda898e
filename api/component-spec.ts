/** The component sections of a TelemetryStack's spec with every default filled in; crds/telemetrystack.yaml describes each field. */

export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

type Labels = Readonly<Record<string, string>>;

export interface Toleration {
  readonly key?: string;
  readonly operator: 'Equal' | 'Exists';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly tolerationSeconds?: number;
}

export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
}

export interface ExtraVariable {
  readonly name: string;
  readonly value?: string;
  readonly secretKeyRef?: SecretKey;
}

/** What pods of every component and tier may be told. */
export interface PodSettings {
  readonly resources: {
    readonly requests: { readonly cpu: string; readonly memory: string };
    readonly limits: { readonly cpu?: string; readonly memory: string };
  };
  readonly nodeSelector?: Labels;
  readonly tolerations?: readonly Toleration[];
  readonly affinity?: object;
  readonly topologySpreadConstraints?: readonly SpreadConstraint[];
  readonly priorityClassName?: string;
  readonly podLabels?: Labels;
  readonly podAnnotations?: Labels;
  readonly extraArgs?: readonly string[];
  readonly extraEnv?: readonly ExtraVariable[];
}

export interface StorageSettings {
  readonly type: 'persistent' | 'ephemeral';
  readonly size: string;
  readonly storageClassName?: string;
}

export interface ServiceSettings {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly annotations?: Labels;
}

export interface IngressSettings {
  readonly host: string;
  readonly className?: string;
  readonly annotations?: Labels;
  readonly tlsSecretName?: string;
}

export interface HttpRouteSettings {
  readonly parentRefs: readonly { readonly name: string; readonly namespace?: string; readonly sectionName?: string }[];
  readonly hostnames?: readonly string[];
}

/** What components with pages have besides. */
export interface PageSettings {
  readonly ingress?: IngressSettings;
  readonly httpRoute?: HttpRouteSettings;
}

interface ComponentSettings extends PodSettings {
  readonly image: string;
  readonly replicas: number;
  readonly service: ServiceSettings;
}

export type Signal = 'traces' | 'metrics' | 'logs';

export interface ExtraExporter {
  readonly name: string;
  readonly protocol: 'http/protobuf' | 'grpc';
  readonly endpoint: string;
  readonly signals: readonly Signal[];
  readonly headers?: readonly { readonly name: string; readonly secretKeyRef: SecretKey }[];
  readonly caSecret?: SecretKey;
  readonly queueSize: string;
}

export interface SamplingSettings {
  readonly enabled: boolean;
  readonly percentage: number;
  readonly keepErrors: boolean;
  readonly keepSlowerThan: string;
  readonly decisionWait: string;
  readonly maxTraces: number;
}

export interface GatewaySettings extends PodSettings {
  readonly enabled: boolean;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly targetCPUUtilization: number;
  readonly configPatch?: object;
}

export interface CollectorSettings extends ComponentSettings {
  readonly mode: 'managed' | 'opentelemetry-operator';
  readonly storage: StorageSettings;
  readonly spanMetrics: { readonly enabled: boolean; readonly flushInterval: string };
  readonly serviceAccountName?: string;
  readonly k8sAttributes: { readonly enabled: boolean };
  readonly tls?: { readonly secretName: string; readonly ca?: string; readonly clientCaKey?: string };
  readonly auth?: { readonly secretName: string; readonly key: string };
  readonly exporters?: readonly ExtraExporter[];
  readonly sampling: SamplingSettings;
  readonly gateway: GatewaySettings;
  readonly configPatch?: object;
}

export interface TraceStorage {
  readonly type: 'persistent' | 'ephemeral' | 'opensearch' | 'elasticsearch' | 'cassandra' | 'clickhouse';
  readonly size: string;
  readonly storageClassName?: string;
  readonly search?: { readonly urls: readonly string[]; readonly indexPrefix?: string; readonly shards: number; readonly replicas: number };
  readonly cassandra?: {
    readonly servers: readonly string[];
    readonly port: number;
    readonly keyspace: string;
    readonly datacenter: string;
    readonly replicationFactor: number;
  };
  readonly clickhouse?: { readonly addresses: readonly string[]; readonly database: string };
  readonly credentialsSecret?: string;
  readonly tls?: { readonly caSecret?: SecretKey; readonly insecureSkipVerify: boolean };
}

export interface JaegerSettings extends ComponentSettings, PageSettings {
  readonly storage: TraceStorage;
  /** Hours, for example `168h`. */
  readonly retention: string;
  readonly configPatch?: object;
}

export interface RemoteWrite {
  readonly name: string;
  readonly url: string;
  readonly headers?: Labels;
  readonly bearerToken?: SecretKey;
  readonly basicAuth?: { readonly username: string; readonly password: SecretKey };
  readonly caSecret?: SecretKey;
}

export interface PrometheusSettings extends Omit<ComponentSettings, 'replicas'>, PageSettings {
  readonly mode: 'managed' | 'operator' | 'none';
  /** Present in modes `operator` and `none`, and only there. */
  readonly url?: string;
  readonly operatorLabels?: Labels;
  readonly storage: StorageSettings;
  readonly retention: string;
  readonly retentionSize: string;
  readonly scrapeInterval: string;
  readonly remoteWrite?: readonly RemoteWrite[];
  readonly configPatch?: object;
}

export interface GrafanaSettings extends ComponentSettings, PageSettings {
  readonly mode: 'managed' | 'sidecar' | 'none';
  readonly storage: StorageSettings;
  readonly database?: {
    /** `host:port`. */
    readonly host: string;
    readonly name: string;
    readonly user: string;
    readonly passwordSecret: SecretKey;
    readonly sslMode: 'disable' | 'require' | 'verify-full';
  };
}
