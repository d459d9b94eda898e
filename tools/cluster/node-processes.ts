import { dirname, join } from 'node:path';
import type { Launch } from './launcher.ts';
import { NODE_IP } from './network.ts';
import { NODE_NAME } from './node-files.ts';

/** Paths of the programs of a node. */
export type NodeBinaries = Readonly<
  Record<'kube-scheduler' | 'kubelet' | 'kube-proxy' | 'containerd' | 'containerd-shim-runc-v2' | 'coredns', string>
>;

/** Command lines of a node's processes, in the order they are started. */
export function nodeLaunches(folder: string, binaries: NodeBinaries): readonly Launch[] {
  // containerd looks for its shim on PATH, kube-proxy for nft.
  const env = { PATH: [dirname(binaries['containerd-shim-runc-v2']), process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(':') };
  return [
    { name: 'containerd', command: binaries.containerd, args: ['--config', join(folder, 'etc/containerd.toml')], env },
    {
      name: 'kube-scheduler',
      command: binaries['kube-scheduler'],
      args: [`--kubeconfig=${join(folder, 'kube-scheduler.conf')}`, '--leader-elect=false', '--secure-port=0'],
    },
    {
      name: 'kubelet',
      command: binaries.kubelet,
      args: [
        `--kubeconfig=${join(folder, 'node.conf')}`,
        `--config=${join(folder, 'etc/kubelet.yaml')}`,
        `--hostname-override=${NODE_NAME}`,
        `--node-ip=${NODE_IP}`,
        `--root-dir=${join(folder, 'lib/kubelet')}`,
        `--cert-dir=${join(folder, 'pki/kubelet')}`,
      ],
      env,
    },
    { name: 'kube-proxy', command: binaries['kube-proxy'], args: ['--config', join(folder, 'etc/kube-proxy.yaml')], env },
    { name: 'coredns', command: binaries.coredns, args: ['-conf', join(folder, 'etc/Corefile')] },
    {
      name: 'provisioner',
      command: process.execPath,
      args: [join(import.meta.dirname, 'provisioner.ts'), folder, `https://${NODE_IP}:6443`],
    },
  ];
}
