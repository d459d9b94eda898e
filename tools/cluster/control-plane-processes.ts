import { join } from 'node:path';
import { type Endpoints, SERVICE_CIDR } from './control-plane-files.ts';
import type { Launch } from './launcher.ts';

export interface ControlPlaneBinaries {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
}

export interface ControlPlaneLayout {
  readonly folder: string;
  readonly endpoints: Endpoints;
  /** Address the API server listens on. */
  readonly bindAddress: string;
  readonly audit: boolean;
}

/** Path of the audit log of a cluster. */
export function auditLogPath(folder: string): string {
  return join(folder, 'audit.log');
}

/** Command line of etcd. Durability is given up (`--unsafe-no-fsync`): the data does not outlive the cluster, and starts are faster. */
export function etcdLaunch(binaries: ControlPlaneBinaries, { folder, endpoints }: ControlPlaneLayout): Launch {
  const client = `http://127.0.0.1:${endpoints.etcdPort}`;
  const peer = `http://127.0.0.1:${endpoints.etcdPeerPort}`;
  return {
    name: 'etcd',
    command: binaries.etcd,
    args: [
      `--data-dir=${join(folder, 'lib/etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  };
}

/** Command line of the API server. */
export function apiServerLaunch(binaries: ControlPlaneBinaries, { folder, endpoints, bindAddress, audit }: ControlPlaneLayout): Launch {
  const pki = (name: string) => join(folder, 'pki', name);
  return {
    name: 'kube-apiserver',
    command: binaries['kube-apiserver'],
    args: [
      `--etcd-servers=http://127.0.0.1:${endpoints.etcdPort}`,
      `--bind-address=${bindAddress}`,
      `--advertise-address=${endpoints.host}`,
      `--secure-port=${endpoints.apiPort}`,
      `--cert-dir=${join(folder, 'pki')}`,
      `--tls-cert-file=${pki('api.crt')}`,
      `--tls-private-key-file=${pki('api.key')}`,
      `--client-ca-file=${pki('ca.crt')}`,
      `--service-account-key-file=${pki('sa.pub')}`,
      `--service-account-signing-key-file=${pki('sa.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--authorization-mode=Node,RBAC',
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      `--kubelet-client-certificate=${pki('admin.crt')}`,
      `--kubelet-client-key=${pki('admin.key')}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--allow-privileged=true',
      '--enable-admission-plugins=NodeRestriction',
      // The `kubernetes` Service may not lead to a loopback address; without pods nobody uses it.
      ...(bindAddress === '127.0.0.1' ? ['--endpoint-reconciler-type=none'] : []),
      '--shutdown-delay-duration=0s',
      ...(audit
        ? [
            `--audit-log-path=${auditLogPath(folder)}`,
            `--audit-policy-file=${join(folder, 'audit-policy.yaml')}`,
            '--audit-log-maxsize=10240',
          ]
        : []),
    ],
  };
}

/** Command line of the controller manager: namespaces, garbage collection, workloads, service accounts. */
export function controllerManagerLaunch(binaries: ControlPlaneBinaries, { folder }: ControlPlaneLayout): Launch {
  return {
    name: 'kube-controller-manager',
    command: binaries['kube-controller-manager'],
    args: [
      `--kubeconfig=${join(folder, 'kube-controller-manager.conf')}`,
      `--service-account-private-key-file=${join(folder, 'pki/sa.key')}`,
      `--root-ca-file=${join(folder, 'pki/ca.crt')}`,
      '--use-service-account-credentials',
      '--leader-elect=false',
      '--secure-port=0',
      // The defaults (20 a second) stretch the start of some forty controllers over five seconds.
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
    ],
  };
}
