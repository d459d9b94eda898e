import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, createSigningKey, type Subject } from './certificates.ts';

/** Where the processes of a control plane listen. */
export interface Endpoints {
  /** Address that clients use, without port. */
  readonly host: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
}

export const SERVICE_CIDR = '10.96.0.0/16';
const SERVICE_IP = '10.96.0.1';

/** Users whose kubeconfigs are written as `<name>.conf`. */
const USERS = {
  admin: { commonName: 'admin', organization: 'system:masters' },
  'kube-controller-manager': { commonName: 'system:kube-controller-manager' },
  'kube-scheduler': { commonName: 'system:kube-scheduler' },
  'kube-proxy': { commonName: 'system:kube-proxy' },
  coredns: { commonName: 'duotel:coredns', organization: 'system:masters' },
  provisioner: { commonName: 'duotel:provisioner', organization: 'system:masters' },
  node: { commonName: 'system:node:n1', organization: 'system:nodes' },
} as const satisfies Record<string, Subject>;

export type ClusterUser = keyof typeof USERS;

/** Level Metadata without the bodies: who did what to which object; the first stage of each request would only repeat it. */
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
`;

/** Writes keys, certificates, kubeconfigs and the audit policy of a cluster into `folder`. */
export async function writeControlPlaneFiles(folder: string, { host, apiPort }: Endpoints): Promise<void> {
  const pki = join(folder, 'pki');
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const secret = (name: string, text: string) => writeFileSync(join(pki, name), text, { mode: 0o600 });
  const authority = await createAuthority('duotel-cluster');
  secret('ca.crt', authority.certificate);
  const api = await authority.issue({
    subject: { commonName: 'kube-apiserver' },
    names: [
      host,
      '127.0.0.1',
      SERVICE_IP,
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ],
  });
  secret('api.crt', api.certificate);
  secret('api.key', api.key);
  const accounts = await createSigningKey();
  secret('sa.key', accounts.privateKey);
  secret('sa.pub', accounts.publicKey);
  for (const [user, subject] of Object.entries(USERS)) {
    const { certificate, key } = await authority.issue({ subject });
    secret(`${user}.crt`, certificate);
    secret(`${user}.key`, key);
    writeFileSync(join(folder, `${user}.conf`), kubeconfig(`https://${host}:${apiPort}`, authority.certificate, certificate, key), {
      mode: 0o600,
    });
  }
  writeFileSync(join(folder, 'audit-policy.yaml'), AUDIT_POLICY);
}

function kubeconfig(server: string, authority: string, certificate: string, key: string): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'duotel', cluster: { server, 'certificate-authority-data': base64(authority) } }],
    users: [{ name: 'duotel', user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
    contexts: [{ name: 'duotel', context: { cluster: 'duotel', user: 'duotel' } }],
    'current-context': 'duotel',
  };
  // JSON is YAML: every reader of kubeconfigs takes it.
  return `${JSON.stringify(config, null, 2)}\n`;
}
