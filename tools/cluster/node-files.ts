import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { LOCAL_IMAGES } from '../images/images.ts';
import { NODE_IP, POD_CIDR } from './network.ts';

export const NODE_NAME = 'n1';

/** Programs of the machine that the node's configuration names by path. */
export interface NodePrograms {
  readonly runc: string;
  /** Folder with the CNI plugins `ptp` and `host-local`. */
  readonly cniPlugins: string;
}

/** Socket of containerd. Unix socket paths end at 107 bytes: a state folder with a longer path cannot work. */
export function containerdSocket(folder: string): string {
  return join(folder, 'run/containerd.sock');
}

/** Writes the configuration of containerd, CNI, kubelet, kube-proxy and CoreDNS into `folder`. */
export function writeNodeFiles(folder: string, cgroup: string, programs: NodePrograms): void {
  const etc = join(folder, 'etc');
  for (const name of ['etc/cni', 'run', 'lib', 'volumes']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(etc, 'containerd.toml'), containerdConfig(folder, programs));
  writeFileSync(join(etc, 'cni/10-ptp.conflist'), `${JSON.stringify(cniConfig(folder), null, 2)}\n`);
  writeFileSync(join(etc, 'resolv.conf'), '');
  writeFileSync(join(etc, 'kubelet.yaml'), stringify(kubeletConfig(folder, cgroup)));
  writeFileSync(join(etc, 'kube-proxy.yaml'), stringify(kubeProxyConfig(folder)));
  writeFileSync(join(etc, 'Corefile'), corefile(folder));
}

function containerdConfig(folder: string, { runc, cniPlugins }: NodePrograms): string {
  const text = (value: string) => JSON.stringify(value);
  // restrict_oom_score_adj: without it runc 1.1 fails here with "can't get final child's PID from pipe: EOF".
  return `version = 3
root = ${text(join(folder, 'lib/containerd'))}
state = ${text(join(folder, 'run/containerd'))}
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt"]

[grpc]
  address = ${text(containerdSocket(folder))}

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = ${text(LOCAL_IMAGES.pause)}

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [${text(cniPlugins)}]
  conf_dir = ${text(join(folder, 'etc/cni'))}

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  SystemdCgroup = false
  BinaryName = ${text(runc)}
`;
}

function cniConfig(folder: string): object {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: POD_CIDR, gateway: NODE_IP }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: join(folder, 'lib/ipam'),
        },
      },
    ],
  };
}

function kubeletConfig(folder: string, cgroup: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NODE_IP,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(folder, 'pki/ca.crt') } },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    clusterDNS: [NODE_IP],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    // The disk is the developer's own: how full it is must not evict pods or remove images that no registry has.
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
      'imagefs.inodesFree': '0%',
    },
    imageGCHighThresholdPercent: 100,
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    podLogsDir: join(folder, 'lib/pod-logs'),
    resolvConf: join(folder, 'etc/resolv.conf'),
    logging: { verbosity: 1 },
  };
}

function kubeProxyConfig(folder: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig: join(folder, 'kube-proxy.conf') },
    clusterCIDR: POD_CIDR,
    hostnameOverride: NODE_NAME,
    // Zero leaves the machine's own limits alone.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

function corefile(folder: string): string {
  return `cluster.local:53 {
  bind ${NODE_IP}
  errors
  cache 5
  kubernetes cluster.local {
    kubeconfig ${join(folder, 'coredns.conf')}
  }
}
`;
}
