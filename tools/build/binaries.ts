/**
 * When a binary is needed: the API server alone, checking configurations, a whole node, scale tests (fake nodes), other tools that
 * install manifests (to work beside them and to be measured against them), checkers of manifests, or stores that telemetry is copied to.
 */
export const TIERS = ['control', 'config', 'node', 'scale', 'peers', 'checks', 'stores'] as const;
export type Tier = (typeof TIERS)[number];

/** Tiers that `build` makes when none is named: what the tests of every change need. */
export const DEFAULT_TIERS: readonly Tier[] = ['control', 'config', 'node'];

/** One Go module of `tools/go/`, with the flags that all of its binaries are built with. */
export interface GoModule {
  readonly tags: string;
  readonly ldflags: string;
}

const KUBERNETES_VERSION = 'v1.36.3';
const HELM_VERSIONS = { v3: 'v3.22.0', v4: 'v4.3.1' } as const;
const kubernetesVersion = (name: string, value: string) => ` -X k8s.io/component-base/version.${name}=${value}`;

const MODULE_TABLE = {
  // Without the version flags `kubectl version` and the feature checks of every component see v0.0.0.
  kubernetes: {
    tags: '',
    ldflags: `-s -w${kubernetesVersion('gitVersion', KUBERNETES_VERSION)}${kubernetesVersion('gitMajor', '1')}${kubernetesVersion('gitMinor', '36')}${kubernetesVersion('gitTreeState', 'clean')}`,
  },
  otelcol: { tags: '', ldflags: '-s -w' },
  prometheus: { tags: 'netgo,remove_all_sd,enable_kubernetes_sd,enable_dns_sd', ldflags: '-s -w' },
  containerd: { tags: 'no_btrfs,no_zfs,no_devmapper', ldflags: '-s -w' },
  coredns: { tags: '', ldflags: '-s -w' },
  jaeger: { tags: '', ldflags: '-s -w' },
  pause: { tags: '', ldflags: '-s -w' },
  // Without it `helm version` names the development version of its sources.
  helm3: { tags: '', ldflags: `-s -w -X helm.sh/helm/v3/internal/version.version=${HELM_VERSIONS.v3}` },
  helm4: { tags: '', ldflags: `-s -w -X helm.sh/helm/v4/internal/version.version=${HELM_VERSIONS.v4}` },
  'kube-score': { tags: '', ldflags: '-s -w -X main.version=1.20.0' },
  kubeconform: { tags: '', ldflags: '-s -w -X main.version=v0.7.0' },
  oracles: { tags: '', ldflags: '-s -w' },
  victoriametrics: { tags: '', ldflags: '-s -w' },
} as const satisfies Record<string, GoModule>;

export type ModuleName = keyof typeof MODULE_TABLE;
export const MODULES: Readonly<Record<ModuleName, GoModule>> = MODULE_TABLE;

/** How an installed program shows that it is one we can use in place of our own build. */
export interface Installed {
  /** Name on PATH and in KUBEBUILDER_ASSETS. */
  readonly command: string;
  readonly versionArgs: readonly string[];
  /** What the version output must match. */
  readonly accepts: RegExp;
}

export interface Binary {
  readonly module: ModuleName;
  readonly package: string;
  /** Name that `go build` gives the file: the last path element of the package. */
  readonly goOutput: string;
  readonly tier: Tier;
  readonly installed?: Installed;
}

const kubernetes = (name: string, tier: Tier, versionArgs = ['--version']): Binary => ({
  module: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
  goOutput: name,
  tier,
  installed: { command: name, versionArgs, accepts: /v1\.36\.\d+/ },
});

const containerd = (name: string, versionArgs: readonly string[]): Binary => ({
  module: 'containerd',
  package: `github.com/containerd/containerd/v2/cmd/${name}`,
  goOutput: name,
  tier: 'node',
  installed: { command: name, versionArgs, accepts: /\bv?2\.[2-9]\d*\.\d+/ },
});

const prometheus = (name: string): Binary => ({
  module: 'prometheus',
  package: `github.com/prometheus/prometheus/cmd/${name}`,
  goOutput: name,
  tier: 'config',
  installed: { command: name, versionArgs: ['--version'], accepts: /version v?3\.16\./ },
});

const victoriaMetrics = (name: string): Binary => ({
  module: 'victoriametrics',
  package: `github.com/VictoriaMetrics/VictoriaMetrics/app/${name}`,
  goOutput: name,
  tier: 'stores',
});

const helm = (version: keyof typeof HELM_VERSIONS): Binary => ({
  module: version === 'v3' ? 'helm3' : 'helm4',
  package: `helm.sh/helm/${version}/cmd/helm`,
  goOutput: 'helm',
  tier: 'peers',
  installed: { command: 'helm', versionArgs: ['version', '--short'], accepts: version === 'v3' ? /v3\.2[0-9]\./ : /v4\.[3-9]\./ },
});

const TABLE = {
  etcd: {
    module: 'kubernetes',
    package: 'go.etcd.io/etcd/server/v3',
    goOutput: 'server',
    tier: 'control',
    installed: { command: 'etcd', versionArgs: ['--version'], accepts: /etcd Version: 3\.6\./ },
  },
  'kube-apiserver': kubernetes('kube-apiserver', 'control'),
  'kube-controller-manager': kubernetes('kube-controller-manager', 'control'),
  kubectl: kubernetes('kubectl', 'control', ['version', '--client']),
  // The core distribution `otelcol` lacks most of the components used, so only a contrib build is taken from PATH.
  otelcol: {
    module: 'otelcol',
    package: '.',
    goOutput: 'otelcol',
    tier: 'config',
    installed: { command: 'otelcol-contrib', versionArgs: ['--version'], accepts: /0\.161\./ },
  },
  jaeger: {
    module: 'jaeger',
    package: 'github.com/jaegertracing/jaeger/cmd/jaeger',
    goOutput: 'jaeger',
    tier: 'config',
    installed: { command: 'jaeger', versionArgs: ['version'], accepts: /v2\.(1[3-9]|2\d)\./ },
  },
  prometheus: prometheus('prometheus'),
  promtool: prometheus('promtool'),
  'kube-scheduler': kubernetes('kube-scheduler', 'node'),
  kubelet: kubernetes('kubelet', 'node'),
  'kube-proxy': kubernetes('kube-proxy', 'node'),
  containerd: containerd('containerd', ['--version']),
  'containerd-shim-runc-v2': containerd('containerd-shim-runc-v2', ['-v']),
  ctr: containerd('ctr', ['--version']),
  // Only our own build: a packaged CoreDNS may leave out the plugins of the Corefile.
  coredns: { module: 'coredns', package: '.', goOutput: 'coredns', tier: 'node' },
  pause: { module: 'pause', package: '.', goOutput: 'pause', tier: 'node' },
  kwok: {
    module: 'kubernetes',
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    goOutput: 'kwok',
    tier: 'scale',
    installed: { command: 'kwok', versionArgs: ['--version'], accepts: /v0\.8\./ },
  },
  helm3: helm('v3'),
  helm4: helm('v4'),
  // What Flux and Argo CD do to a cluster, with their own libraries: neither has a program that does it alone.
  oracles: { module: 'oracles', package: '.', goOutput: 'oracles', tier: 'peers' },
  'kube-score': {
    module: 'kube-score',
    package: 'github.com/zegl/kube-score/cmd/kube-score',
    goOutput: 'kube-score',
    tier: 'checks',
    installed: { command: 'kube-score', versionArgs: ['version'], accepts: /1\.20\./ },
  },
  kubeconform: {
    module: 'kubeconform',
    package: 'github.com/yannh/kubeconform/cmd/kubeconform',
    goOutput: 'kubeconform',
    tier: 'checks',
    installed: { command: 'kubeconform', versionArgs: ['-v'], accepts: /v0\.7\./ },
  },
  'victoria-metrics': victoriaMetrics('victoria-metrics'),
  vmauth: victoriaMetrics('vmauth'),
} as const satisfies Record<string, Binary>;

export type BinaryName = keyof typeof TABLE;
export const BINARIES: Readonly<Record<BinaryName, Binary>> = TABLE;
export const BINARY_NAMES = Object.keys(TABLE) as readonly BinaryName[];

export function isBinaryName(name: string): name is BinaryName {
  return Object.hasOwn(TABLE, name);
}

export function isTier(name: string): name is Tier {
  return (TIERS as readonly string[]).includes(name);
}

/** Names of a tier's binaries, in the order of the table. */
export function binariesOf(tier: Tier): readonly BinaryName[] {
  return BINARY_NAMES.filter((name) => BINARIES[name].tier === tier);
}
